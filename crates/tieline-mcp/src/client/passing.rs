//! A long answer that is passed on to the client while it still comes in.
//!
//! Only results pass this way, and only where all that has to be known is known: see
//! [`Passage`](crate::bridge). Everything else is read whole first. An answer counts as long when it says so, or when so
//! much of it has come and it goes on.
//!
//! One piece is asked for when the one before was taken, so a client that reads slowly makes the server wait, and what
//! lies between the two is bounded whatever the answer's size. When something turns out to be wrong the rest is not
//! sent and the end is never told: the client's side then breaks its answer off.

use std::fmt;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::ask::Ask;
use super::collected::{Collected, announced, next_piece, too_large};
use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::http::Http;
use super::pace::Pace;
use super::sse::Reader;
use crate::bridge::{Passage, Passed, Stopped, Way};
use crate::wire::Era;

/// From this size on an answer is not read whole first.
pub(crate) const LONG: usize = 64 << 10;
/// How much of an answer is looked at before it is read whole after all.
const MOST_HEAD: usize = 2 * LONG;
/// What an answer takes on its way: the pieces that wait, and what the two connections hold of it.
const ON_THE_WAY: usize = 256 << 10;

/// A piece of a result for the client.
#[derive(Debug)]
pub enum Piece {
    /// The next bytes.
    Bytes(Bytes),
    /// The result was complete. Without it, it was not.
    End,
}

/// Knows what has to be taken out of answers on their way.
pub trait Clean: Send + Sync {
    /// Begins with one answer.
    fn begin(&self) -> Box<dyn Cleaner + '_>;
}

/// Takes it out of one answer.
pub trait Cleaner: Send {
    /// Takes the next piece, and gives out what is clean.
    fn push(&mut self, piece: Bytes, clean: &mut Vec<Bytes>) -> Result<(), Failure>;
    /// There is nothing more to come.
    fn finish(&mut self, clean: &mut Vec<Bytes>) -> Result<(), Failure>;
}

/// Called when a result begins to be passed on; nothing when its client cannot take it like that any more.
pub type Begin<'a> = &'a (dyn Fn() -> Option<mpsc::Sender<Piece>> + Send + Sync);

/// How a long result goes on to the client while it comes in.
#[derive(Clone, Copy)]
pub struct PassOn<'a> {
    /// What changes on its way. The era of the server is put right when it is known.
    pub way: Way<'a>,
    /// Begins the client's answer.
    pub begin: Begin<'a>,
    /// Takes the credential out.
    pub clean: &'a dyn Clean,
    /// How much of its beginning is told at the end, for the record.
    pub keep: usize,
}

impl PassOn<'_> {
    /// The same from a server of this era.
    pub(crate) fn from(mut self, south: Era) -> Self {
        self.way.south = south;
        self
    }
}

impl fmt::Debug for PassOn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PassOn")
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

/// A result that was passed on to its end.
#[derive(Debug, Clone)]
pub struct PassedOn {
    /// The tool says that it failed.
    pub is_error: bool,
    /// Its size as the client got it.
    pub bytes: usize,
    /// When it began.
    pub begun: Instant,
    /// So much of it as was to be kept.
    pub kept: Vec<u8>,
}

/// What became of a long body.
pub(crate) enum Came {
    Whole(Bytes),
    PassedOn(PassedOn),
}

/// Whether this is an answer that need not be read whole first.
pub(crate) fn is_long(body: &AnswerBody, read: &Collected) -> bool {
    read.len().saturating_add(announced(body)) > LONG
}

/// Passes a long body on, or reads it whole where that cannot be. `read` is what has come of it.
pub(crate) async fn pass_on(
    http: &Http,
    mut body: AnswerBody,
    mut read: Collected,
    ask: &Ask<'_>,
    (id, on): (u64, &PassOn<'_>),
) -> Result<Came, McpError> {
    let mut line = Line {
        cleaner: on.clean.begin(),
        passage: Passage::new(on.way, id, ask.max_depth),
        clean: Vec::new(),
    };
    let mut piece = Some(read.so_far());
    while let Some(next) = piece {
        let understood = line.push(next).is_ok();
        if !understood || read.len() > MOST_HEAD {
            break;
        }
        if line.passage.may_begin() {
            if let Some(sending) = Sending::begin(ask, on)? {
                let source = Source::Body {
                    body,
                    so_far: read.len(),
                };
                drop(read);
                let passed = sending.rest(http, source, line).await;
                return passed.map(Came::PassedOn);
            }
            break;
        }
        piece = read.next(&mut body, &ask.pace, ask.hold).await?;
    }
    while read.next(&mut body, &ask.pace, ask.hold).await?.is_some() {}
    Ok(Came::Whole(read.into_bytes()))
}

/// Passes on a long message that a stream has begun with; nothing when it has to be read whole.
pub(crate) async fn pass_on_event(
    http: &Http,
    reader: &mut Reader,
    ask: &Ask<'_>,
    (id, on): (u64, &PassOn<'_>),
) -> Result<Option<PassedOn>, McpError> {
    let mut line = Line {
        cleaner: on.clean.begin(),
        passage: Passage::new(on.way, id, ask.max_depth),
        clean: Vec::new(),
    };
    if line.push(reader.begun()).is_err() || !line.passage.may_begin() {
        return Ok(None);
    }
    let Some(sending) = Sending::begin(ask, on)? else {
        return Ok(None);
    };
    reader.take_begun();
    let passed = sending.rest(http, Source::Event(reader), line).await;
    passed.map(Some)
}

/// Where the rest of an answer comes from.
enum Source<'a> {
    Body { body: AnswerBody, so_far: usize },
    Event(&'a mut Reader),
}

impl Source<'_> {
    async fn next(&mut self, http: &Http, pace: &Pace) -> Result<Option<Bytes>, McpError> {
        match self {
            Self::Event(reader) => reader.rest_of_begun(&http.limits, pace).await,
            Self::Body { body, so_far } => {
                let piece = next_piece(body, pace).await?;
                *so_far += piece.as_ref().map_or(0, Bytes::len);
                if *so_far > http.limits.json_bytes {
                    return Err(too_large(http.limits.json_bytes));
                }
                Ok(piece)
            }
        }
    }
}

/// What every byte goes through.
struct Line<'a> {
    cleaner: Box<dyn Cleaner + 'a>,
    passage: Passage<'a>,
    clean: Vec<Bytes>,
}

impl Line<'_> {
    fn push(&mut self, piece: Bytes) -> Result<(), Failure> {
        self.cleaner.push(piece, &mut self.clean)?;
        self.pass()
    }

    fn pass(&mut self) -> Result<(), Failure> {
        for piece in self.clean.drain(..) {
            self.passage.push(&piece).map_err(failure)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Passed, Failure> {
        self.cleaner.finish(&mut self.clean)?;
        self.pass()?;
        self.passage.finish().map_err(failure)
    }
}

fn failure(stopped: Stopped) -> Failure {
    match stopped {
        Stopped::Unsound(unsound) => Failure::BadJson {
            reason: format!("the body is {}", unsound.words()),
            excerpt: String::new(),
        },
        Stopped::IdMismatch => Failure::IdMismatch,
        Stopped::Rules(reason) => Failure::protocol(reason),
    }
}

struct Sending<'a> {
    pace: &'a Pace,
    keep: usize,
    to: mpsc::Sender<Piece>,
}

impl<'a> Sending<'a> {
    /// Begins the client's answer; nothing when it cannot take the result like this.
    fn begin(ask: &'a Ask<'_>, on: &PassOn<'_>) -> Result<Option<Self>, McpError> {
        // What the server said before its result belongs before it.
        let waits = |to: &mpsc::Sender<_>| to.capacity() < to.max_capacity();
        if ask.notifications.is_some_and(waits) {
            return Ok(None);
        }
        if let Some(hold) = ask.hold {
            hold.grow_to(ON_THE_WAY).map_err(McpError::sent)?;
        }
        Ok((on.begin)().map(|to| Self {
            pace: &ask.pace,
            keep: on.keep,
            to,
        }))
    }

    /// Sends what is ready, then the rest as it comes.
    async fn rest(
        self,
        http: &Http,
        mut source: Source<'_>,
        mut line: Line<'_>,
    ) -> Result<PassedOn, McpError> {
        let (begun, mut kept) = (Instant::now(), Vec::new());
        loop {
            self.send_all(&mut line, &mut kept).await?;
            let next = tokio::select! {
                // What is there already is taken without a look at the client, which sending it shows anyway.
                biased;
                next = source.next(http, self.pace) => next?,
                // Nobody is there to read the rest.
                () = self.to.closed() => return Err(McpError::sent(Failure::Cancelled)),
            };
            let Some(piece) = next else { break };
            line.push(piece).map_err(McpError::sent)?;
        }
        let Passed { is_error, bytes } = line.finish().map_err(McpError::sent)?;
        self.send_all(&mut line, &mut kept).await?;
        self.send(Piece::End).await?;
        Ok(PassedOn {
            is_error,
            bytes,
            begun,
            kept,
        })
    }

    /// Sends everything that is ready.
    async fn send_all(&self, line: &mut Line<'_>, kept: &mut Vec<u8>) -> Result<(), McpError> {
        for ready in line.passage.take() {
            let room = self.keep.saturating_sub(kept.len()).min(ready.len());
            kept.extend_from_slice(&ready[..room]);
            self.send(Piece::Bytes(ready)).await?;
        }
        Ok(())
    }

    /// Waits for the client as long as the call may take.
    async fn send(&self, piece: Piece) -> Result<(), McpError> {
        let sent = timeout_at(self.pace.deadline, self.to.send(piece)).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(McpError::sent(Failure::Cancelled)),
            Err(_) => Err(McpError::sent(Failure::NotTaken {
                seconds: self.pace.whole_seconds(),
            })),
        }
    }
}
