//! Listening to what a server says on its own: `subscriptions/listen`, the standalone stream of a legacy session, or
//! the one stream of 2024-11-05.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::aside::SessionIs;
use super::call::{CallRequest, ReplyBody};
use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::http::Http;
use super::link::{Link, Session};
use super::media::Media;
use super::message::{self, Answer, Inbound, Rules, STRICT_DEPTH};
use super::news::{self, News, Wish};
use super::pace::Pace;
use super::post::post_message;
use super::question::Requested;
use super::refusal::Refusal;
use super::request::reply_body;
use super::sse::{Event, Reader};
use super::target::Target;
use super::upstream::Upstream;
use crate::raw::{RawObject, raw_str};

/// Streams are opened anew from time to time, so that one that died silently is noticed.
const LONGEST: Duration = Duration::from_mins(30);

/// How a stream of news ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The server ended it, or half an hour went by: it can be opened again.
    Over,
    /// Nobody takes the news any more.
    Unheard,
}

impl Upstream {
    /// Listens until the stream ends, and hands on what is heard. A reader that is slow slows the server down.
    ///
    /// An error means that there is no such stream, or that it broke. A legacy session that the server forgot is opened
    /// anew first.
    pub async fn listen(
        &self,
        target: &Target,
        wish: &Wish,
        news: &mpsc::Sender<News>,
    ) -> Result<Ended, McpError> {
        let http = &self.inner.http;
        let link = self.link(target, Pace::usual(&http.limits)).await?;
        match listen_over(http, &link, target, wish, news).await {
            Err(Refused::Session) => {
                let pace = Pace::usual(&http.limits);
                let next = self.renew(&link, target, pace).await?;
                let again = listen_over(http, &next, target, wish, news).await;
                again.map_err(|refused| match refused {
                    Refused::Session => McpError::sent(Failure::SessionLost),
                    Refused::Otherwise(error) => error,
                })
            }
            Err(Refused::Otherwise(error)) => Err(error),
            Ok(ended) => Ok(ended),
        }
    }

    /// Asks a legacy server to tell of new contents of a resource on the stream of this session, or to stop that.
    pub async fn subscribe(
        &self,
        target: &Target,
        uri: &str,
        follow: bool,
    ) -> Result<(), McpError> {
        let params = RawObject::new().with("uri", raw_str(uri));
        let request = CallRequest {
            method: if follow {
                "resources/subscribe"
            } else {
                "resources/unsubscribe"
            },
            named: None,
            params: &params,
            param_headers: None,
            deadline: Instant::now() + self.inner.http.limits.first_byte,
            notifications: None,
            capabilities: None,
            questions: None,
            session: SessionIs::Nobodys,
            hold: None,
            pass_on: None,
            cancel: CancellationToken::new(),
        };
        match self.call(target, request).await?.body {
            ReplyBody::Error(error) => {
                let reason = format!("the subscription was refused with error {}", error.code);
                Err(McpError::sent(Failure::protocol(reason)))
            }
            ReplyBody::Result(_)
            | ReplyBody::InputRequired(_)
            | ReplyBody::Task(_)
            | ReplyBody::PassedOn(_) => Ok(()),
        }
    }
}

/// Listens over this link until the stream ends.
pub(super) async fn listen_over(
    http: &Http,
    link: &Link,
    target: &Target,
    wish: &Wish,
    news: &mpsc::Sender<News>,
) -> Result<Ended, Refused> {
    let now = Instant::now();
    let pace = Pace {
        first_byte: http.limits.first_byte,
        idle: LONGEST,
        deadline: now + LONGEST,
        begun: now,
    };
    let ears = Ears {
        http,
        target,
        news,
        pace: &pace,
        questions: wish.questions,
    };
    match link {
        Link::Modern => {
            let id = http.ids.next();
            let response = subscribe(http, target, id, wish, &pace).await?;
            ears.follow(response, Voice::Modern(id)).await
        }
        Link::Streamable(session) => {
            let headers = session.headers(http.introduction.get_headers());
            let response = http
                .send(Method::GET, target, headers, Bytes::new(), &pace)
                .await?;
            ears.follow(response, Voice::Legacy(session)).await
        }
        Link::HttpSse(link) => {
            let heard = tokio::time::timeout_at(pace.deadline, link.listen(news.clone()));
            // The stream itself goes on; whoever listened does so again.
            Ok(heard.await.unwrap_or(Ok(Ended::Over))?)
        }
    }
}

/// Why a stream does not stand.
pub(super) enum Refused {
    /// The server forgot the session.
    Session,
    Otherwise(McpError),
}

impl From<McpError> for Refused {
    fn from(error: McpError) -> Self {
        Self::Otherwise(error)
    }
}

/// Whose stream it is.
#[derive(Clone, Copy)]
enum Voice<'a> {
    /// The id of the listen request.
    Modern(u64),
    Legacy(&'a Session),
}

async fn subscribe(
    http: &Http,
    target: &Target,
    id: u64,
    wish: &Wish,
    pace: &Pace,
) -> Result<Response<AnswerBody>, McpError> {
    const METHOD: &str = "subscriptions/listen";
    let params = RawObject::new().with("notifications", wish.to_json());
    let headers = http
        .introduction
        .modern_headers(METHOD, None, None, &params);
    let body = http
        .introduction
        .modern_body(id, METHOD, (&params, None), None);
    http.send(Method::POST, target, headers, body, pace).await
}

struct Ears<'a> {
    http: &'a Http,
    target: &'a Target,
    news: &'a mpsc::Sender<News>,
    pace: &'a Pace,
    questions: bool,
}

impl Ears<'_> {
    async fn follow(
        &self,
        response: Response<AnswerBody>,
        voice: Voice<'_>,
    ) -> Result<Ended, Refused> {
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            let body = self.http.read_error_body(body, self.pace).await;
            let refusal = Refusal::new(head.status, &head.headers, &body, 0, self.target);
            let has_session = matches!(voice, Voice::Legacy(Session { id, .. }) if id.is_some());
            return Err(if has_session && refusal.may_have_lost_session() {
                Refused::Session
            } else {
                Refused::Otherwise(refusal.into_error())
            });
        }
        if Media::of(&head.headers) != Media::EventStream {
            return Err(McpError::sent(Media::of(&head.headers).refused()).into());
        }
        // A modern stream says itself that it stands.
        if matches!(voice, Voice::Legacy(_)) && self.news.send(News::Listening).await.is_err() {
            return Ok(Ended::Unheard);
        }
        Ok(self.hear(body, voice).await?)
    }

    async fn hear(&self, body: AnswerBody, voice: Voice<'_>) -> Result<Ended, McpError> {
        let rules = Rules {
            max_depth: STRICT_DEPTH,
            batches: matches!(voice, Voice::Legacy(session) if session.revision.has_batches()),
        };
        let mut reader = Reader::new(body);
        loop {
            let event = tokio::select! {
                event = reader.next(&self.http.limits, self.pace) => event,
                () = self.news.closed() => return Ok(Ended::Unheard),
            };
            let data = match event {
                Ok(Some(Event::Message(data))) => data,
                Ok(Some(Event::Endpoint(_))) => continue,
                Ok(None) => return Ok(Ended::Over),
                Err(error) if Instant::now() >= self.pace.deadline => {
                    drop(error);
                    return Ok(Ended::Over);
                }
                Err(error) => return Err(error),
            };
            // The stream has no end that a sum of bytes could mean anything for.
            reader.stream_bytes = 0;
            let inbound = message::read(&data, rules).map_err(McpError::sent)?;
            for item in news::flat(inbound) {
                if let Some(ended) = self.take(item, voice).await? {
                    return Ok(ended);
                }
            }
        }
    }

    async fn take(&self, item: Inbound, voice: Voice<'_>) -> Result<Option<Ended>, McpError> {
        match (item, voice) {
            (Inbound::Notification { method, whole }, _) => {
                let subscription = match voice {
                    Voice::Modern(id) => Some(id),
                    Voice::Legacy(_) => None,
                };
                let news = news::read(&method, &whole, subscription);
                let unheard = match news {
                    Some(news) => self.news.send(news).await.is_err(),
                    None => false,
                };
                Ok(unheard.then_some(Ended::Unheard))
            }
            (Inbound::Answer(_, Answer::Error(error)), _) => {
                let reason = format!("the subscription was refused with error {}", error.code);
                Err(McpError::sent(Failure::protocol(reason)))
            }
            // The graceful end of a modern subscription.
            (Inbound::Answer(_, Answer::Result(_)), Voice::Modern(_)) => Ok(Some(Ended::Over)),
            (Inbound::Request { id, method, params }, Voice::Legacy(_))
                if self.questions && method != "ping" =>
            {
                let asked = News::Asked(Requested { id, method, params });
                let unheard = self.news.send(asked).await.is_err();
                Ok(unheard.then_some(Ended::Unheard))
            }
            (Inbound::Request { id, method, .. }, Voice::Legacy(session)) => {
                self.reply(&id, &method, session).await;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// The stream belongs to no call, so nobody can be asked: `ping` is answered, everything else is refused.
    async fn reply(&self, id: &RawValue, method: &str, session: &Session) {
        let headers = session.headers(self.http.introduction.post_headers());
        let body = reply_body(id, method);
        drop(post_message(self.http, self.target, headers, body).await);
    }
}
