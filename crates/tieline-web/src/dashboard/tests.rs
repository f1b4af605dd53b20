//! Renders every example page and checks what a template must never do.

use std::collections::HashSet;

use super::samples::gallery;
use super::shell::{Frame, Theme};

fn pages() -> Vec<super::samples::Sample> {
    let frame = Frame {
        assets: "/assets/0123456789ab".to_owned(),
        theme: Some(Theme::Dark),
    };
    gallery(&frame).expect("every template renders its samples")
}

/// A start tag: its name and its attributes.
struct Tag {
    name: String,
    attributes: Vec<(String, Option<String>)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_deref().unwrap_or_default())
    }
}

/// Reads the start tags of a page. The templates are ours, so a strict reader does; anything odd fails the test.
fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let name: String = rest
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        rest = &rest[name.len()..];
        if name.is_empty() {
            continue;
        }
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
                rest = after;
                break;
            }
            let end = rest
                .find(|c: char| c == '=' || c == '>' || c == '/' || c.is_whitespace())
                .expect("a tag ends");
            let key = rest[..end].to_owned();
            assert!(!key.is_empty(), "an attribute has a name, near {rest:.60}");
            rest = &rest[end..];
            let value = rest.strip_prefix("=\"").map(|value| {
                let end = value.find('"').expect("a value ends");
                rest = &value[end + 1..];
                value[..end].to_owned()
            });
            attributes.push((key, value));
        }
        found.push(Tag { name, attributes });
    }
    found
}

#[test]
fn nothing_inline_that_the_content_policy_would_refuse() {
    for page in pages() {
        for tag in tags(&page.html) {
            assert!(tag.name != "style", "{}: a style element", page.name);
            assert!(
                tag.name != "script"
                    || tag
                        .get("src")
                        .is_some_and(|src| src.starts_with("/assets/")),
                "{}: an inline script",
                page.name
            );
            for (key, value) in &tag.attributes {
                assert!(
                    key != "style" && !key.starts_with("on"),
                    "{}: <{} {key}>",
                    page.name,
                    tag.name
                );
                assert!(
                    !value
                        .as_deref()
                        .unwrap_or_default()
                        .trim_start()
                        .starts_with("javascript:"),
                    "{}: <{} {key}>",
                    page.name,
                    tag.name
                );
            }
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    let mut seen = false;
    for page in pages() {
        assert!(
            !page.html.contains("<img"),
            "{}: a name became an element",
            page.name
        );
        seen |= page.html.contains("&#60;img src=x onerror=alert(1)&#62;");
    }
    assert!(seen, "the samples hold the hostile name");
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    for page in pages() {
        let tags = tags(&page.html);
        let mut ids = HashSet::new();
        for id in tags.iter().filter_map(|tag| tag.get("id")) {
            assert!(
                ids.insert(id),
                "{}: two elements have the id {id}",
                page.name
            );
        }
        for tag in &tags {
            for key in [
                "for",
                "aria-labelledby",
                "aria-describedby",
                "popovertarget",
            ] {
                for id in tag.get(key).unwrap_or_default().split_whitespace() {
                    assert!(
                        ids.contains(id),
                        "{}: {key} names {id}, which is not there",
                        page.name
                    );
                }
            }
        }
    }
}

#[test]
fn every_control_has_a_name() {
    for page in pages() {
        let tags = tags(&page.html);
        let labelled: HashSet<&str> = tags.iter().filter_map(|tag| tag.get("for")).collect();
        for tag in tags
            .iter()
            .filter(|tag| ["input", "select", "textarea"].contains(&tag.name.as_str()))
        {
            let hidden = tag.get("type") == Some("hidden");
            let named = tag.get("aria-label").is_some()
                || tag.get("id").is_some_and(|id| labelled.contains(id));
            assert!(hidden || named, "{}: a field without a label", page.name);
        }
    }
}

#[test]
fn forms_change_things_by_post_on_this_server() {
    for page in pages() {
        for tag in tags(&page.html).iter().filter(|tag| tag.name == "form") {
            let action = tag.get("action").expect("a form says where it goes");
            assert!(
                action.starts_with('/') && !action.starts_with("//"),
                "{}: {action}",
                page.name
            );
            assert!(
                tag.get("method")
                    .is_some_and(|method| method == "post" || method == "get"),
                "{}: {action}",
                page.name
            );
        }
    }
}

#[test]
fn a_secret_field_never_has_a_value() {
    for page in pages() {
        for tag in tags(&page.html).iter().filter(|tag| tag.name == "input") {
            let secret = tag.get("type") == Some("password")
                || [Some("token"), Some("key")].contains(&tag.get("name"));
            assert!(
                !secret || tag.get("value").unwrap_or_default().is_empty(),
                "{}",
                page.name
            );
        }
    }
}
