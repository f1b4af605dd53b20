//! The audit log in words: "rotated the token of", and what changed. The log holds no secret.

use serde_json::Value;

use crate::dashboard::words::shown;

/// What was done, as a person says it. An action that is not known yet reads like its code.
pub(crate) fn what(action: &str) -> String {
    let words = match action {
        "connector.added" | "user.added" => "added",
        "connector.changed" | "user.changed" => "changed",
        "connector.removed" => "removed",
        "connector.token_rotated" => "rotated the token of",
        "connector.turned_on" => "turned on",
        "connector.turned_off" => "turned off",
        "connector.tools_turned_on" => "turned on tools of",
        "connector.tools_turned_off" => "turned off tools of",
        "tool.turned_on" => "turned on the tool",
        "tool.turned_off" => "turned off the tool",
        "tool.version_approved" => "approved the new version of the tool",
        "tool.tried" => "tried the tool",
        "tool.kept_off" => "kept off the tool",
        "connector.tools_changed" => "noticed changed tools of",
        "tool.policy_changed" => "changed what agents may do with the tool",
        "model.added" => "added the model API",
        "model.changed" => "changed the model API",
        "model.removed" => "removed the model API",
        "model.default_changed" => "made the default model API",
        "settings.changed" => "changed the settings",
        "backup.taken" => "downloaded the backup",
        "user.first_admin" => "set Tieline up as",
        "user.invited" => "invited",
        "user.suspended" => "suspended",
        "user.restored" => "restored",
        "user.accepted_invitation" => "accepted the invitation for",
        "user.sign_in_ended" => "ended a sign-in of",
        "user.sign_ins_ended" => "ended all sign-ins of",
        "user.password_changed" => "changed the password of",
        "key.created" => "made the access key",
        "key.revoked" => "revoked the access key",
        other => return other.replace(['.', '_'], " "),
    };
    words.to_owned()
}

/// What changed: `field: before → after`, or the facts of something new.
pub(crate) fn detail(json: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else {
        return String::new();
    };
    let parts = fields.iter().filter_map(|(field, value)| {
        let field = field.replace('_', " ");
        match (value.get("before"), value.get("after")) {
            (Some(before), Some(after)) if before == after => None,
            (Some(before), Some(after)) => {
                Some(format!("{field}: {} → {}", plain(before), plain(after)))
            }
            _ if value.is_null() => None,
            _ => Some(format!("{field}: {}", plain(value))),
        }
    });
    shown(&parts.collect::<Vec<_>>().join(", "), 400)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{detail, what};

    #[test]
    fn a_change_reads_from_before_to_after() {
        let json = r#"{"url":{"before":"https://a/","after":"https://b/"},"name":{"before":"x","after":"x"},"token_set":true}"#;
        assert_eq!(detail(json), "token set: yes, url: https://a/ → https://b/");
        assert_eq!(detail("nonsense"), "");
        assert_eq!(what("connector.token_rotated"), "rotated the token of");
        assert_eq!(what("something.new_one"), "something new one");
    }
}
