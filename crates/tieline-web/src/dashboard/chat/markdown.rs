//! What a model wrote, from Markdown to HTML that cannot do anything: no raw HTML, no images, no address that hides.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};
use url::Url;

use super::markup::{Markup, exact_text};

const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS);

/// Renders an answer.
pub(super) fn render(markdown: &str) -> Markup {
    let seen = exact_text(markdown);
    let mut tamed = Tamed::default();
    for event in Parser::new_ext(&seen, OPTIONS) {
        tamed.take(event);
    }
    let mut unsafe_html = String::with_capacity(seen.len() * 3 / 2);
    html::push_html(&mut unsafe_html, tamed.events.into_iter());
    Markup::sanitised(sanitiser().clean(&unsafe_html).to_string())
}

/// An answer that is being written, paragraph by paragraph, as it was last looked at.
#[derive(Debug, Default)]
pub(super) struct Growing {
    /// Each as it was before the sanitiser, which is what costs most and is asked about new ones only.
    unsafe_pieces: Vec<String>,
}

/// What became of an answer: the pieces from one on are these now. Those before stay as they are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grown {
    pub(super) from: usize,
    pub(super) pieces: Vec<String>,
}

impl Growing {
    /// Looks at all of the answer so far; nothing when it looks as before.
    pub(super) fn grow(&mut self, markdown: &str) -> Option<Grown> {
        let before = std::mem::replace(&mut self.unsafe_pieces, unsafe_pieces(markdown));
        let now = &self.unsafe_pieces;
        let same = before.iter().zip(now).take_while(|(old, new)| old == new);
        let from = same.count();
        if from == before.len() && from == now.len() {
            return None;
        }
        let sanitiser = sanitiser();
        let pieces = now[from..].iter();
        let pieces = pieces.map(|piece| sanitiser.clean(piece).to_string());
        Some(Grown {
            from,
            pieces: pieces.collect(),
        })
    }
}

/// The paragraphs, lists, tables and so on that an answer consists of, one after the other.
fn unsafe_pieces(markdown: &str) -> Vec<String> {
    let seen = exact_text(markdown);
    let (mut tamed, mut depth, mut pieces) = (Tamed::default(), 0_usize, Vec::new());
    for event in Parser::new_ext(&seen, OPTIONS) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        tamed.take(event);
        if depth == 0 {
            let mut piece = String::new();
            html::push_html(&mut piece, tamed.events.drain(..));
            pieces.push(piece);
        }
    }
    pieces
}

/// Whatever the steps before may have missed ends here.
fn sanitiser() -> ammonia::Builder<'static> {
    let mut sanitiser = ammonia::Builder::empty();
    sanitiser
        .tags(HashSet::from([
            "a",
            "blockquote",
            "br",
            "code",
            "del",
            "div",
            "em",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "li",
            "ol",
            "p",
            "pre",
            "span",
            "strong",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ]))
        .clean_content_tags(HashSet::new())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .allowed_classes(HashMap::from([
            ("span", HashSet::from(["host"])),
            ("div", HashSet::from(["tbl"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        // What may be wider than its place is scrolled by keyboard too.
        .set_tag_attribute_value("pre", "tabindex", "0")
        .set_tag_attribute_value("div", "tabindex", "0");
    sanitiser
}

/// Events on their way to HTML.
#[derive(Default)]
struct Tamed<'a> {
    events: Vec<Event<'a>>,
    /// Links that are open; `None` for one whose address is not shown as a link.
    links: Vec<Option<Open>>,
    /// Level of the heading before; a page's outline has no holes.
    heading: usize,
}

/// A link or an image in the making.
struct Open {
    host: String,
    words: String,
    image: bool,
}

impl<'a> Tamed<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) | Event::Text(text) => self.text(text),
            Event::Start(Tag::HtmlBlock) => self.events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => self.events.push(Event::End(TagEnd::Paragraph)),
            Event::TaskListMarker(done) => {
                self.text(CowStr::Borrowed(if done { "☑ " } else { "☐ " }));
            }
            Event::Code(text) => {
                self.said(&text);
                self.events.push(Event::Code(text));
            }
            Event::Start(Tag::Heading { level, .. }) => {
                self.heading = (level as usize + 2).min(self.heading.max(2) + 1).min(6);
                let level = self.level();
                self.events.push(Event::Start(Tag::Heading {
                    level,
                    id: None,
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            Event::End(TagEnd::Heading(_)) => {
                self.events.push(Event::End(TagEnd::Heading(self.level())));
            }
            Event::Start(Tag::Link { dest_url, .. }) => self.open(&dest_url, false),
            Event::Start(Tag::Image { dest_url, .. }) => self.open(&dest_url, true),
            Event::End(TagEnd::Link | TagEnd::Image) => self.close(),
            Event::Start(Tag::Table(_)) => {
                self.events
                    .push(Event::Html(CowStr::Borrowed("<div class=\"tbl\">")));
                // Alignment would be an inline style.
                self.events.push(Event::Start(Tag::Table(Vec::new())));
            }
            Event::End(TagEnd::Table) => {
                self.events.push(Event::End(TagEnd::Table));
                self.events.push(Event::Html(CowStr::Borrowed("</div>")));
            }
            other => self.events.push(other),
        }
    }

    fn level(&self) -> HeadingLevel {
        HeadingLevel::try_from(self.heading).unwrap_or(HeadingLevel::H6)
    }

    fn text(&mut self, text: CowStr<'a>) {
        self.said(&text);
        self.events.push(Event::Text(text));
    }

    fn said(&mut self, text: &str) {
        for link in self.links.iter_mut().flatten() {
            link.words.push_str(text);
        }
    }

    fn open(&mut self, address: &str, image: bool) {
        let inside = self.links.iter().any(Option::is_some);
        let Some(host) = host_of(address).filter(|_| !inside) else {
            self.links.push(None);
            return;
        };
        self.events.push(Event::Start(Tag::Link {
            link_type: LinkType::Inline,
            dest_url: CowStr::from(address.to_owned()),
            title: CowStr::Borrowed(""),
            id: CowStr::Borrowed(""),
        }));
        self.links.push(Some(Open {
            host,
            words: String::new(),
            image,
        }));
    }

    fn close(&mut self) {
        let Some(Some(link)) = self.links.pop() else {
            return;
        };
        if link.words.trim().is_empty() {
            let word = if link.image { "Image" } else { "Link" };
            self.events.push(Event::Text(CowStr::Borrowed(word)));
        }
        self.events.push(Event::End(TagEnd::Link));
        if !link.words.contains(&link.host) || link.image {
            let kind = if link.image { "image at " } else { "" };
            let host = escaped(&link.host);
            let shown = format!(" <span class=\"host\">{kind}{host}</span>");
            self.events.push(Event::InlineHtml(CowStr::from(shown)));
        }
    }
}

/// The host behind a link, as the network spells it. Anything but the web and mail is no link.
fn host_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    match url.scheme() {
        "http" | "https" if url.username().is_empty() => url.host_str().map(str::to_owned),
        "mailto" => url.path().rsplit_once('@').map(|(_, host)| host.to_owned()),
        _ => None,
    }
}

fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(['<', '>', '&', '"']) {
        Cow::Owned(
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
        )
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Growing, Grown, render};

    #[test]
    fn an_answer_that_grows_is_told_piece_by_piece_and_adds_up_to_the_whole() {
        let whole = "# One\n\nlate **delivery** of `x`\n\n- one\n- [two](https://a.example)\n\n| a | b |\n|---|---|\n| 1 | <script> |\n\n```\ncode\n```\n\n---\n\n> said\n\n<b>raw</b>\n\nend";
        let (mut growing, mut page) = (Growing::default(), Vec::<String>::new());
        let mut told = 0;
        for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            if let Some(Grown { from, pieces }) = growing.grow(&whole[..end]) {
                told += pieces.len();
                page.truncate(from);
                page.extend(pieces);
            }
            let shown: String = page.concat().split_whitespace().collect();
            let expected: String = html(&whole[..end]).split_whitespace().collect();
            assert_eq!(shown, expected, "after {:?}", &whole[..end]);
            assert!(!shown.contains("<script") && !shown.contains("<b>"));
        }
        assert_eq!(page.len(), 9);
        assert!(
            told < 2 * whole.len(),
            "what stands is not told again: {told}"
        );
        assert_eq!(growing.grow(whole), None);
    }

    #[test]
    fn a_piece_that_turns_out_to_be_none_goes() {
        let mut growing = Growing::default();
        growing.grow("one\n\n[a]: ").expect("two paragraphs");
        let grown = growing.grow("one\n\n[a]: https://a.example");
        let none = Grown {
            from: 1,
            pieces: Vec::new(),
        };
        assert_eq!(grown, Some(none));
    }

    fn html(markdown: &str) -> String {
        render(markdown).to_string()
    }

    #[test]
    fn plain_markdown_becomes_plain_html() {
        assert_eq!(
            html("late **delivery** of `AC-1`").trim(),
            "<p>late <strong>delivery</strong> of <code>AC-1</code></p>"
        );
        assert!(
            html("| a | b |\n|--:|---|\n| 1 | 2 |")
                .starts_with("<div class=\"tbl\" tabindex=\"0\"><table>")
        );
        assert!(html("```rust\nfn x() {}\n```").contains("<pre tabindex=\"0\"><code>fn x() {}"));
        assert!(html("- [x] done").contains("☑ done"));
    }

    #[test]
    fn headings_leave_no_hole_in_the_outline() {
        let html = html("# One\n#### Deep\n## Two");
        assert!(
            html.contains("<h3>One</h3>")
                && html.contains("<h4>Deep</h4>")
                && html.contains("<h4>Two</h4>"),
            "{html}"
        );
    }

    #[test]
    fn u13_html_of_a_model_is_text() {
        for hostile in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<style>*{display:none}</style>",
            "<iframe src=\"https://evil.example\"></iframe>",
            "<a href=\"javascript:alert(1)\" onclick=\"x()\">y</a>",
            "<div\nstyle=\"position:fixed\">\n\nx",
            "<svg/onload=alert(1)>",
            "<!-- --><base href=//evil.example>",
        ] {
            let html = html(hostile);
            for tag in [
                "<script", "<img", "<style", "<iframe", "<a ", "<div", "<svg", "<base", "<!--",
            ] {
                assert!(!html.contains(tag), "{hostile} became {html}");
            }
        }
    }

    #[test]
    fn only_the_web_and_mail_are_links() {
        for (hostile, word) in [
            ("[click](javascript:alert(1))", "click"),
            ("[click](JaVaScRiPt&#58;alert(1))", "click"),
            ("[click](data:text/html,x)", "click"),
            ("[click](/integrations/c/acme/remove)", "click"),
            ("[click](//evil.example)", "click"),
            ("[click](https://tieline.example@evil.example/)", "click"),
            ("<vbscript:x>", "vbscript"),
        ] {
            let html = html(hostile);
            assert!(
                !html.contains("href") && html.contains(word),
                "{hostile} became {html}"
            );
        }
    }

    #[test]
    fn u14_a_link_shows_where_it_leads_and_an_image_is_not_loaded() {
        let link = html("[the report](https://evil.example/bank.example)");
        assert!(
            link.contains("rel=\"noopener noreferrer nofollow\""),
            "{link}"
        );
        assert!(
            link.contains("</a> <span class=\"host\">evil.example</span>"),
            "{link}"
        );
        let named = html("<https://docs.example/page>");
        assert!(
            named.contains("href=\"https://docs.example/page\"")
                && !named.contains("class=\"host\""),
            "{named}"
        );
        let homograph = html("[аpple.com](https://аpple.com)");
        assert!(
            homograph.contains("<span class=\"host\">xn--"),
            "{homograph}"
        );
        let image = html("![chart](https://track.example/p.png?x=secret)");
        assert!(
            !image.contains("<img")
                && image.contains(">chart</a> <span class=\"host\">image at track.example</span>"),
            "{image}"
        );
        let nested = html("[![a](https://one.example/i.png)](https://two.example/)");
        assert_eq!(nested.matches("<a ").count(), 1, "{nested}");
        assert!(html("![](https://one.example/i.png)").contains(">Image</a>"));
    }

    #[test]
    fn direction_tricks_are_shown() {
        assert!(html("invoice\u{202e}fdp.exe").contains("invoice[U+202E]fdp.exe"));
    }

    #[test]
    fn deep_nesting_is_survived() {
        let deep = "> ".repeat(5_000) + "x";
        assert!(html(&deep).contains('x'));
        assert!(!html(&"[".repeat(20_000)).is_empty());
    }
}
