//! What a server says without being asked, and whether it promised to.

use serde_json::value::RawValue;

use super::message::Inbound;
use super::question::Requested;
use crate::raw::{self, RawObject};
use crate::wire::META_SUBSCRIPTION_ID;

/// The longest address of a resource that is looked at.
const LONGEST_URI: usize = 4_096;

/// Something that a server said on its own.
#[derive(Debug, Clone)]
pub enum News {
    /// The stream stands: from now on nothing is missed until it ends.
    Listening,
    /// There are other tools.
    ToolsChanged,
    /// There are other prompts.
    PromptsChanged,
    /// There are other resources or templates.
    ResourcesChanged,
    /// A resource that somebody follows has other contents now.
    ResourceUpdated {
        /// Its address at the server.
        uri: String,
    },
    /// A log message that belongs to no call, whole.
    Log(Box<RawValue>),
    /// Progress of a call, whole.
    Progress(Box<RawValue>),
    /// A request of the server that belongs to no call, for one who [wished](Wish::questions) for them.
    Asked(Requested),
}

/// What a server should tell of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one kind of thing that a server can say"
)]
pub struct Wish {
    /// Other tools.
    pub tools: bool,
    /// Other prompts.
    pub prompts: bool,
    /// Other resources.
    pub resources: bool,
    /// New contents of these resources. A modern server is told with the stream; a legacy one is asked for each with
    /// [`Upstream::subscribe`](super::Upstream::subscribe).
    pub uris: Vec<String>,
    /// The requests of a legacy server. For whoever does not wish for them they are refused.
    pub questions: bool,
}

/// What a server promised when it said what it can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one flag of the server's capabilities"
)]
pub struct Promises {
    /// To say when its tools change.
    pub tools_changed: bool,
    /// To say when its prompts change.
    pub prompts_changed: bool,
    /// To say when its list of resources changes.
    pub resources_changed: bool,
    /// To say when a resource that somebody follows changes.
    pub resource_updates: bool,
    /// To send log messages.
    pub logs: bool,
}

impl Promises {
    /// Reads them out of `capabilities`.
    pub fn of(capabilities: &RawValue) -> Self {
        let Ok(capabilities) = RawObject::parse(capabilities) else {
            return Self::default();
        };
        let says = |path: &[&str]| {
            capabilities
                .get_in(path)
                .is_some_and(|value| value.get() == "true")
        };
        Self {
            tools_changed: says(&["tools", "listChanged"]),
            prompts_changed: says(&["prompts", "listChanged"]),
            resources_changed: says(&["resources", "listChanged"]),
            resource_updates: says(&["resources", "subscribe"]),
            logs: capabilities.get("logging").is_some_and(raw::is_object),
        }
    }

    /// Whether there is anything to listen for.
    pub fn any(self) -> bool {
        self.tools_changed
            || self.prompts_changed
            || self.resources_changed
            || self.resource_updates
    }
}

impl Wish {
    /// The `notifications` of a modern `subscriptions/listen`.
    pub(super) fn to_json(&self) -> Box<RawValue> {
        let mut wanted = RawObject::new();
        for (key, wish) in [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
        ] {
            if wish {
                wanted.set(key, raw::to_raw(&true));
            }
        }
        if !self.uris.is_empty() {
            wanted.set("resourceSubscriptions", raw::to_raw(&self.uris));
        }
        wanted.to_box()
    }
}

/// What a notification means for one who listens; nothing when it means nothing, or belongs to another subscription.
pub(super) fn read(method: &str, whole: &RawValue, subscription: Option<u64>) -> Option<News> {
    let message = RawObject::parse(whole).ok()?;
    if let Some(ours) = subscription
        && let Some(theirs) = message.get_in(&["params", "_meta", META_SUBSCRIPTION_ID])
        && theirs.get() != ours.to_string()
    {
        return None;
    }
    match method {
        // The first message of a modern stream.
        "notifications/subscriptions/acknowledged" if subscription.is_some() => {
            Some(News::Listening)
        }
        "notifications/tools/list_changed" => Some(News::ToolsChanged),
        "notifications/prompts/list_changed" => Some(News::PromptsChanged),
        "notifications/resources/list_changed" => Some(News::ResourcesChanged),
        "notifications/resources/updated" => {
            let uri = message.get_in(&["params", "uri"])?;
            let uri = raw::as_str(&uri).filter(|uri| uri.len() <= LONGEST_URI)?;
            Some(News::ResourceUpdated {
                uri: uri.into_owned(),
            })
        }
        "notifications/message" => Some(News::Log(whole.to_owned())),
        "notifications/progress" => Some(News::Progress(whole.to_owned())),
        _ => None,
    }
}

/// The messages in one event, without the brackets of a batch.
pub(super) fn flat(inbound: Inbound) -> Vec<Inbound> {
    match inbound {
        Inbound::Batch(items) => items,
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn promises_are_read_from_capabilities() {
        let promises = Promises::of(&raw(
            r#"{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":"true"},"logging":{},"prompts":{}}"#,
        ));
        let expected = Promises {
            tools_changed: true,
            resource_updates: true,
            logs: true,
            ..Promises::default()
        };
        assert_eq!(promises, expected);
        assert!(!Promises::of(&raw("[]")).any());
    }

    #[test]
    fn a_wish_names_only_what_is_wanted() {
        let wish = Wish {
            tools: true,
            uris: vec!["a\"b".to_owned()],
            ..Wish::default()
        };
        assert_eq!(
            wish.to_json().get(),
            r#"{"toolsListChanged":true,"resourceSubscriptions":["a\"b"]}"#
        );
        assert_eq!(Wish::default().to_json().get(), "{}");
    }

    #[test]
    fn news_of_another_subscription_is_none() {
        let whole = raw(
            r#"{"method":"m","params":{"uri":"file:///x","_meta":{"io.modelcontextprotocol/subscriptionId":5}}}"#,
        );
        let of = |subscription| read("notifications/resources/updated", &whole, subscription);
        assert!(matches!(of(Some(5)), Some(News::ResourceUpdated { uri }) if uri == "file:///x"));
        assert!(of(Some(6)).is_none());
        assert!(of(None).is_some());
        assert!(read("notifications/else", &whole, None).is_none());
    }
}
