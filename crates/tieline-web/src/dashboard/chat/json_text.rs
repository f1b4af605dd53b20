//! JSON as people read it: indented, in the order and with the numbers that were written, short values on one line.

use serde_json::value::RawValue;

/// What fits on one line.
const LINE: usize = 72;

/// Lays out JSON; `None` when the text is none.
pub(in crate::dashboard) fn pretty(text: &str) -> Option<String> {
    let value: &RawValue = serde_json::from_str(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    lay_out(value, 0, &mut out)?;
    Some(out)
}

/// How many entries a JSON array has; `None` for anything else.
pub(super) fn entries(text: &str) -> Option<usize> {
    serde_json::from_str::<Vec<&RawValue>>(text)
        .ok()
        .map(|entries| entries.len())
}

fn lay_out(value: &RawValue, depth: usize, out: &mut String) -> Option<()> {
    let line = one_line(value.get());
    let open = line.chars().next()?;
    if line.len() + depth * 2 <= LINE || (open != '{' && open != '[') {
        out.push_str(&line);
        return Some(());
    }
    let pad = "  ".repeat(depth + 1);
    out.push(open);
    let mut comma = "";
    if open == '[' {
        for entry in serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()? {
            out.push_str(comma);
            out.push('\n');
            out.push_str(&pad);
            lay_out(entry, depth + 1, out)?;
            comma = ",";
        }
    } else {
        for (key, entry) in members(value.get())? {
            out.push_str(comma);
            out.push('\n');
            out.push_str(&pad);
            out.push_str(&serde_json::Value::from(key).to_string());
            out.push_str(": ");
            lay_out(entry, depth + 1, out)?;
            comma = ",";
        }
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(if open == '[' { ']' } else { '}' });
    Some(())
}

/// The members of an object in their order, also a key that stands twice.
fn members(text: &str) -> Option<Vec<(String, &RawValue)>> {
    struct Members<'a>(Vec<(String, &'a RawValue)>);
    impl<'de> serde::Deserialize<'de> for Members<'de> {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Members<'de>;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Self::Value, A::Error> {
                    let mut found = Vec::new();
                    while let Some(member) = map.next_entry()? {
                        found.push(member);
                    }
                    Ok(Members(found))
                }
            }
            from.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Members<'_>>(text)
        .ok()
        .map(|members| members.0)
}

/// JSON on one line with one space where it helps.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut inside, mut escaped) = (false, false);
    let mut before = ' ';
    for c in text.chars() {
        if inside {
            out.push(c);
            inside = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            ' ' | '\n' | '\r' | '\t' => continue,
            '"' => inside = true,
            _ => {}
        }
        match (before, c) {
            ('{', '}') => {}
            ('{', _) | (_, '}') => out.push(' '),
            _ => {}
        }
        out.push(c);
        if c == ',' || c == ':' {
            out.push(' ');
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{entries, pretty};

    #[test]
    fn short_values_stay_on_one_line() {
        assert_eq!(
            pretty(r#"{"customer":"Baltic Foods","status":"refunded"}"#).unwrap(),
            r#"{ "customer": "Baltic Foods", "status": "refunded" }"#
        );
        assert_eq!(pretty(" {} ").unwrap(), "{}");
        assert_eq!(pretty("[1,2.50,1e400]").unwrap(), "[1, 2.50, 1e400]");
        assert_eq!(pretty(r#""a\"b, {c}""#).unwrap(), r#""a\"b, {c}""#);
        assert_eq!(pretty("not json"), None);
    }

    #[test]
    fn long_values_are_broken_where_they_nest_and_keep_their_order() {
        let long = format!(r#"{{"z":"{}","a":[1,2],"z":{{}}}}"#, "x".repeat(80));
        assert_eq!(
            pretty(&long).unwrap(),
            format!(
                "{{\n  \"z\": \"{}\",\n  \"a\": [1, 2],\n  \"z\": {{}}\n}}",
                "x".repeat(80)
            )
        );
    }

    #[test]
    fn entries_are_counted() {
        assert_eq!(entries("[1,{},[]]"), Some(3));
        assert_eq!(entries("{}"), None);
    }

    #[test]
    fn nesting_without_end_is_no_json() {
        assert_eq!(pretty(&"[".repeat(100_000)), None);
        let deep = "[".repeat(120) + &"]".repeat(120);
        assert!(pretty(&deep).is_some());
    }
}
