//! A tool whose definition and answers the test wrote.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tieline_mcp::raw::{self, RawObject};

use super::drip::Drips;

/// One tool of a fake server.
#[derive(Debug, Clone)]
pub struct FakeTool {
    pub(super) definition: Box<RawValue>,
    pub(super) reply: ToolReply,
    pub(super) wait: Duration,
    pub(super) progress: u32,
    /// Level and text of messages that it logs before it answers.
    pub(super) logs: Vec<(String, String)>,
    pub(super) asks: Option<(String, Box<RawValue>)>,
    pub(super) dialogue: Vec<Vec<(&'static str, Box<RawValue>)>>,
    pub(super) asks_aside: bool,
    pub(super) drips: Option<Drips>,
    pub(super) answers_in_json: bool,
}

/// Makes a result from a call's arguments.
pub type Compute = dyn Fn(Option<&RawValue>) -> String + Send + Sync;

/// How a tool answers.
#[derive(Clone)]
pub enum ToolReply {
    /// With its arguments as text.
    Echo,
    /// With this result.
    Result(Box<RawValue>),
    /// With a result made from the arguments.
    Computed(Arc<Compute>),
    /// With a result made from all parameters of the call.
    FromParams(Arc<Compute>),
    /// With a JSON-RPC error.
    Error {
        /// The code.
        code: i64,
        /// The message.
        message: String,
        /// The data.
        data: Option<Box<RawValue>>,
    },
}

impl fmt::Debug for ToolReply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Echo => formatter.write_str("Echo"),
            Self::Result(result) => formatter
                .debug_tuple("Result")
                .field(&result.get())
                .finish(),
            Self::Computed(_) => formatter.write_str("Computed"),
            Self::FromParams(_) => formatter.write_str("FromParams"),
            Self::Error { code, message, .. } => formatter
                .debug_tuple("Error")
                .field(code)
                .field(message)
                .finish(),
        }
    }
}

impl FakeTool {
    /// A tool that answers with its arguments.
    pub fn echo(name: &str) -> Self {
        let schema = json(r#"{"type":"object","properties":{"text":{"type":"string"}}}"#);
        let definition = RawObject::new()
            .rename_value("name", name)
            .rename_value("description", &format!("Echo of {name}"))
            .with("inputSchema", schema);
        Self::with_reply(definition.to_box(), ToolReply::Echo)
    }

    /// A tool with a definition of any JSON, well-formed as a tool or not.
    pub fn raw(definition: &str) -> Self {
        Self::with_reply(json(definition), ToolReply::Echo)
    }

    fn with_reply(definition: Box<RawValue>, reply: ToolReply) -> Self {
        Self {
            definition,
            reply,
            wait: Duration::ZERO,
            progress: 0,
            logs: Vec::new(),
            asks: None,
            dialogue: Vec::new(),
            asks_aside: false,
            drips: None,
            answers_in_json: false,
        }
    }

    /// Sets a field of the definition to a JSON text.
    #[must_use]
    pub fn with(mut self, field: &str, text: &str) -> Self {
        let definition = RawObject::parse(&self.definition)
            .expect("a definition that is an object")
            .with(field, json(text));
        self.definition = definition.to_box();
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn described(self, text: &str) -> Self {
        let text = raw::raw_str(text);
        self.with("description", text.get())
    }

    /// Answers with this result, a JSON text.
    #[must_use]
    pub fn answering(mut self, result: &str) -> Self {
        self.reply = ToolReply::Result(json(result));
        self
    }

    /// Leaves every answer to the test, byte by byte.
    #[must_use]
    pub fn dripping(mut self, drips: &Drips) -> Self {
        self.drips = Some(drips.clone());
        self
    }

    /// Answers with text.
    #[must_use]
    pub fn saying(self, text: &str) -> Self {
        self.answering(text_result(text).get())
    }

    /// Answers with a JSON text that is made from the arguments.
    #[must_use]
    pub fn computing(
        mut self,
        reply: impl Fn(Option<&RawValue>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.reply = ToolReply::Computed(Arc::new(reply));
        self
    }

    /// Answers with a JSON-RPC error.
    #[must_use]
    pub fn failing(mut self, code: i64, message: &str) -> Self {
        self.reply = ToolReply::Error {
            code,
            message: message.to_owned(),
            data: None,
        };
        self
    }

    /// Answers with a JSON-RPC error that has data.
    #[must_use]
    pub fn failing_with(mut self, code: i64, message: &str, data: &str) -> Self {
        self.reply = ToolReply::Error {
            code,
            message: message.to_owned(),
            data: Some(json(data)),
        };
        self
    }

    /// Logs something before it answers. A modern client only gets it when it asked for log messages.
    #[must_use]
    pub fn logging(mut self, level: &str, text: &str) -> Self {
        self.logs.push((level.to_owned(), text.to_owned()));
        self
    }

    /// Answers late.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Reports progress so many times before it answers, if asked to.
    #[must_use]
    pub fn reporting(mut self, times: u32) -> Self {
        self.progress = times;
        self
    }

    /// Sends the client a request of its own before it answers (legacy era only), and does not wait for the reply.
    #[must_use]
    pub fn asking(mut self, method: &str, params: &str) -> Self {
        self.asks = Some((method.to_owned(), json(params)));
        self
    }

    /// Asks the client these things at once and waits for every reply before it goes on (legacy era only). May be said
    /// several times. The result is the replies as they came, one text block each.
    #[must_use]
    pub fn waiting_for(mut self, questions: &[(&'static str, &str)]) -> Self {
        let owned = |(method, params): &(&'static str, &str)| (*method, json(params));
        self.dialogue.push(questions.iter().map(owned).collect());
        self
    }

    /// Asks on the session's own stream instead of the call's, as servers on the TypeScript SDK do that have only the
    /// server at hand.
    #[must_use]
    pub fn asking_aside(mut self) -> Self {
        self.asks_aside = true;
        self
    }

    /// [`asking_aside`](Self::asking_aside) with nothing of the call's answer until all is replied to, which is then JSON.
    #[must_use]
    pub fn asking_aside_before_json(mut self) -> Self {
        self.answers_in_json = true;
        self.asking_aside()
    }

    /// Answers with a JSON text that is made from the whole parameters.
    #[must_use]
    pub fn computing_from_params(
        mut self,
        reply: impl Fn(Option<&RawValue>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.reply = ToolReply::FromParams(Arc::new(reply));
        self
    }

    /// Whether the definition has this name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        RawObject::parse(&self.definition)
            .is_ok_and(|definition| definition.get_str("name").as_deref() == Some(name))
    }

    pub(super) fn result(
        &self,
        arguments: Option<&RawValue>,
        params: Option<&RawValue>,
    ) -> Result<Box<RawValue>, (i64, &str, Option<&RawValue>)> {
        match &self.reply {
            ToolReply::Echo => Ok(text_result(arguments.map_or("", RawValue::get))),
            ToolReply::Result(result) => Ok(result.clone()),
            ToolReply::Computed(reply) => Ok(json(&reply(arguments))),
            ToolReply::FromParams(reply) => Ok(json(&reply(params))),
            ToolReply::Error {
                code,
                message,
                data,
            } => Err((*code, message, data.as_deref())),
        }
    }
}

fn text_result(text: &str) -> Box<RawValue> {
    let block = RawObject::new()
        .rename_value("type", "text")
        .rename_value("text", text)
        .to_box();
    RawObject::new()
        .with("content", raw::raw_array([&*block]))
        .to_box()
}

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("the test's own text is JSON")
}
