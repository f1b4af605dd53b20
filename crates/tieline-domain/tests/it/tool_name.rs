//! Tool names: legal for every model API, never two the same, and always the way back.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use tieline_domain::{ExposedTool, NameSpace, Slug, expose};

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a good slug")
}

fn agent(slug_text: &str, tools: &[&str]) -> Vec<ExposedTool> {
    expose(NameSpace::Agent, &slug(slug_text), tools.iter().copied())
}

fn exposed(tools: &[ExposedTool]) -> Vec<&str> {
    tools.iter().map(|tool| tool.exposed.as_str()).collect()
}

#[test]
fn ordinary_names_stay() {
    let tools = agent("acme_mcp", &["search_orders", "get-order", "X"]);
    assert_eq!(
        exposed(&tools),
        [
            "mcp__acme_mcp__search_orders",
            "mcp__acme_mcp__get-order",
            "mcp__acme_mcp__X"
        ]
    );
    let tools = expose(NameSpace::Gateway, &slug("acme_mcp"), ["search_orders"]);
    assert_eq!(exposed(&tools), ["acme_mcp__search_orders"]);
    assert_eq!(tools[0].upstream, "search_orders");
}

/// These names reach people's configurations and prompts, so they must never change.
#[test]
fn hashed_names_are_fixed() {
    let tools = agent("acme", &["a.b/c d", "日本", "", &"x".repeat(60)]);
    let names = exposed(&tools);
    assert_eq!(names[0], "mcp__acme__a_b_c_d_dikdhy6z");
    assert!(
        names[1].starts_with("mcp__acme_____") && names[1].len() == "mcp__acme__".len() + 11,
        "{}",
        names[1]
    );
    assert!(
        names[2].starts_with("mcp__acme___") && names[2].len() == "mcp__acme__".len() + 9,
        "{}",
        names[2]
    );
    assert!(
        names[3].starts_with(&format!("mcp__acme__{}_", "x".repeat(44))) && names[3].len() == 64
    );
}

#[test]
fn twins_in_case_get_different_names_and_duplicates_one() {
    let tools = agent("acme", &["run", "Run", "run", "RUN"]);
    assert_eq!(tools.len(), 3);
    let lower: HashSet<_> = tools
        .iter()
        .map(|tool| tool.exposed.to_lowercase())
        .collect();
    assert_eq!(lower.len(), 3);
    // In byte order `RUN` is the first, so it stays.
    assert_eq!(tools[2].exposed, "mcp__acme__RUN");
    assert_eq!(tools[0].upstream, "run");
}

#[test]
fn a_server_cannot_take_the_name_of_another_tool() {
    let honest = agent("acme", &["a.b"])[0].exposed.clone();
    let stolen = honest.strip_prefix("mcp__acme__").unwrap().to_owned();
    let second = agent("acme", &["a.b", &stolen]);
    assert_eq!(second[1].exposed, honest, "an ordinary name stays");
    let longer = second[0]
        .exposed
        .strip_prefix("mcp__acme__")
        .unwrap()
        .to_owned();
    assert_eq!(longer.len(), "a_b_".len() + 16);
    let third = agent("acme", &["a.b", &stolen, &longer]);
    let longest = third[0]
        .exposed
        .strip_prefix("mcp__acme__")
        .unwrap()
        .to_owned();
    assert_eq!(longest.len(), "a_b_".len() + 24);
    let fourth = agent("acme", &["a.b", &stolen, &longer, &longest]);
    let names: HashSet<_> = exposed(&fourth).into_iter().collect();
    assert_eq!(names.len(), 4);
}

#[test]
fn the_longest_slug_leaves_room_at_the_gateway() {
    let long = "abcdefghijklmnopqrstuvwx";
    let tools: Vec<String> = (0..200)
        .map(|number| format!("{}.{number}", "tool".repeat(20)))
        .collect();
    let named = expose(
        NameSpace::Gateway,
        &slug(long),
        tools.iter().map(String::as_str),
    );
    assert!(named.iter().all(|tool| tool.exposed.len() <= 48));
    assert_eq!(
        exposed(&named).into_iter().collect::<HashSet<_>>().len(),
        200
    );
}

fn slugs() -> impl Strategy<Value = Slug> {
    "[a-z0-9]{1,8}(_[a-z0-9]{1,7}){0,2}".prop_map(|text| slug(&text))
}

/// Ordinary names, names of any characters, prefixes of ours, twins, long ones.
fn tool_names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        4 => "[a-zA-Z0-9_-]{1,20}",
        1 => "[aAbB]{1,2}",
        1 => "[ab._/]{1,3}",
        1 => "mcp__[a-c]__[a-c]",
        1 => "[a-z_]{0,12}__[a-z_]{0,12}",
        1 => "[a-z]{40,70}",
        2 => any::<String>(),
    ];
    prop::collection::vec(name, 0..40)
}

fn spaces() -> impl Strategy<Value = NameSpace> {
    prop_oneof![Just(NameSpace::Agent), Just(NameSpace::Gateway)]
}

fn limit(space: NameSpace) -> usize {
    match space {
        NameSpace::Agent => 64,
        NameSpace::Gateway => 48,
    }
}

fn mapping(space: NameSpace, slug: &Slug, tools: &[String]) -> HashMap<String, String> {
    let named = expose(space, slug, tools.iter().map(String::as_str));
    named
        .into_iter()
        .map(|tool| (tool.upstream, tool.exposed))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn names_are_legal_and_lead_back(space in spaces(), slug in slugs(), tools in tool_names()) {
        let named = expose(space, &slug, tools.iter().map(String::as_str));
        let distinct: HashSet<_> = tools.iter().map(String::as_str).collect();
        prop_assert_eq!(named.len(), distinct.len());
        let mut back = HashMap::new();
        for tool in &named {
            prop_assert!(tool.exposed.len() <= limit(space), "{}", tool.exposed);
            prop_assert!(tool.exposed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
            prop_assert!(back.insert(tool.exposed.to_ascii_lowercase(), &tool.upstream).is_none(), "{}", tool.exposed);
        }
        let led_back: HashSet<_> = back.values().map(|upstream| upstream.as_str()).collect();
        prop_assert_eq!(led_back, distinct);
    }

    #[test]
    fn the_order_of_the_list_decides_nothing(
        space in spaces(),
        slug in slugs(),
        (tools, shuffled) in tool_names().prop_flat_map(|tools| (Just(tools.clone()), Just(tools).prop_shuffle())),
    ) {
        prop_assert_eq!(mapping(space, &slug, &tools), mapping(space, &slug, &shuffled));
    }

    #[test]
    fn two_connectors_never_share_a_name(
        space in spaces(),
        one in slugs(),
        two in slugs(),
        first in tool_names(),
        second in tool_names(),
    ) {
        prop_assume!(one != two);
        let first: HashSet<_> = mapping(space, &one, &first).into_values().collect();
        let second: HashSet<_> = mapping(space, &two, &second).into_values().collect();
        prop_assert!(first.is_disjoint(&second));
    }

    #[test]
    fn the_table_stays_when_the_same_tools_come_again(slug in slugs(), tools in tool_names()) {
        let twice: Vec<String> = tools.iter().chain(&tools).cloned().collect();
        prop_assert_eq!(mapping(NameSpace::Agent, &slug, &tools), mapping(NameSpace::Agent, &slug, &twice));
    }
}
