//! What one stream to a client says: written by one side, read by the connection that carries it now.
//!
//! The log is the only buffer between the two, and it is bounded: a reader that is too slow, or gone, costs no more than
//! what the log keeps. When a connection breaks, the next one reads on where it stopped.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use tieline_mcp::wire::{sse_event, sse_keep_alive};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The most messages that are kept for a reader that is behind.
const MESSAGES: usize = 256;
/// The most bytes of them; the last message of a stream is kept whatever its size.
const BYTES: usize = 1 << 20;

/// One stream's messages.
#[derive(Debug)]
pub(super) struct StreamLog {
    /// What stands before the number of an event in its id; nothing where streams are never resumed.
    prefix: Option<Box<str>>,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The messages that are kept, with their numbers.
    kept: VecDeque<(u64, Bytes)>,
    bytes: usize,
    last: u64,
    ended: Option<Instant>,
    /// What HTTP says of the last message when it is the only one.
    status: StatusCode,
    /// Which connection reads now; an older one stops.
    reader: u64,
    /// The number of the last message that the connection took.
    read: u64,
    /// Whether a reader that misses something loses the stream.
    drops: bool,
    /// How many connections carry it, which is 0 or 1 but for a moment.
    reading: usize,
    /// Whether it is not decided yet that there is a stream: one message may be all.
    is_open: bool,
    /// An answer in the place of the stream, which then says nothing.
    instead: Option<Response>,
    gave_way: bool,
}

/// What a stream came to that may have nothing but its result to say.
#[derive(Debug)]
pub(super) enum Only {
    /// This message, with its status.
    Message(Bytes, StatusCode),
    /// Another answer, which carries the result while it comes.
    Answer(Response),
}

/// What becomes of a reader that is too far behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// It misses what was dropped, which is progress of a call; the result is never dropped.
    Skips,
    /// Its stream is closed, so that it knows that it missed something.
    IsDropped,
}

impl StreamLog {
    /// An empty log. With a `prefix` its events have ids.
    pub(super) fn new(prefix: Option<String>) -> Arc<Self> {
        Arc::new(Self {
            prefix: prefix.map(Into::into),
            state: Mutex::default(),
            news: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// One more message.
    pub(super) fn push(&self, message: Bytes) {
        let mut state = self.lock();
        if state.ended.is_none() {
            state.push(message);
        }
        drop(state);
        self.news.notify_waiters();
    }

    /// The last message, and the end.
    pub(super) fn finish(&self, message: Bytes) {
        self.finish_with(message, StatusCode::OK);
    }

    /// The same, with a status for a client that gets this message and nothing before it.
    pub(super) fn finish_with(&self, message: Bytes, status: StatusCode) {
        let mut state = self.lock();
        if state.ended.is_none() {
            state.push(message);
            state.ended = Some(Instant::now());
            state.status = status;
        }
        drop(state);
        self.news.notify_waiters();
    }

    /// There is nothing more to come.
    pub(super) fn end(&self) {
        self.lock().ended.get_or_insert_with(Instant::now);
        self.news.notify_waiters();
    }

    /// Puts an answer in the place of the stream; nothing when the stream has begun.
    pub(super) fn give_way_to(&self, answer: Response) -> Option<()> {
        let mut state = self.lock();
        if !state.is_open || state.last > 0 || state.ended.is_some() {
            return None;
        }
        state.instead = Some(answer);
        state.gave_way = true;
        state.ended = Some(Instant::now());
        drop(state);
        self.news.notify_waiters();
        Some(())
    }

    /// When it ended, if it did.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.lock().ended
    }

    /// How many bytes are kept.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Whether a connection carries it at the moment.
    pub(super) fn is_read(&self) -> bool {
        self.lock().reading > 0
    }

    /// Waits until no connection carries it, or its end. One that gave way is carried by another answer, which knows by
    /// itself when its client leaves.
    pub(super) async fn left(&self) {
        loop {
            let news = self.news.notified();
            {
                let state = self.lock();
                if !state.gave_way && (state.reading == 0 || state.ended.is_some()) {
                    return;
                }
            }
            news.await;
        }
    }

    /// Waits for the first message, but not longer than this; answers it when it is the last one, too.
    pub(super) async fn only(&self, limit: Duration) -> Option<Only> {
        let until = Instant::now() + limit;
        loop {
            let news = self.news.notified();
            {
                let mut state = self.lock();
                if let Some(answer) = state.instead.take() {
                    return Some(Only::Answer(answer));
                }
                match (state.ended, state.last) {
                    (Some(_), 1) => {
                        let (only, status) = (state.kept.back(), state.status);
                        return only.map(|(_, message)| Only::Message(message.clone(), status));
                    }
                    (None, 0) => state.is_open = true,
                    // One that is the result is followed by the end at once.
                    _ => return None,
                }
            }
            tokio::select! {
                () = news => {}
                () = sleep_until(until) => {
                    let mut state = self.lock();
                    state.is_open = false;
                    // It may have given way in the same moment.
                    return state.instead.take().map(Only::Answer);
                }
            }
        }
    }

    /// A response that carries what comes after the message with this number.
    pub(super) fn response(
        self: &Arc<Self>,
        after: u64,
        behind: Behind,
        keep_alive: Duration,
        priming: bool,
    ) -> Response {
        Reader::new(self.clone(), after, behind, keep_alive, priming).into_response()
    }

    /// The connection that is going to carry the stream, before it is known how.
    pub(super) fn reader(
        self: &Arc<Self>,
        behind: Behind,
        keep_alive: Duration,
        priming: bool,
    ) -> Reader {
        Reader::new(self.clone(), 0, behind, keep_alive, priming)
    }

    fn event(&self, number: u64, message: &[u8]) -> Bytes {
        let id = self
            .prefix
            .as_ref()
            .map(|prefix| format!("{prefix}{number}"));
        sse_event(None, id.as_deref(), message)
    }
}

impl State {
    fn push(&mut self, message: Bytes) {
        self.last += 1;
        self.bytes += message.len();
        self.kept.push_back((self.last, message));
        while self.kept.len() > MESSAGES || (self.bytes > BYTES && self.kept.len() > 1) {
            let Some((number, dropped)) = self.kept.pop_front() else {
                break;
            };
            self.bytes -= dropped.len();
            // It may never read again, so nothing is kept for it.
            if self.drops && number > self.read {
                self.kept.clear();
                self.bytes = 0;
                self.ended.get_or_insert_with(Instant::now);
            }
        }
    }

    /// The first message that is kept after this number.
    fn after(&self, number: u64) -> Option<&(u64, Bytes)> {
        let at = self.kept.partition_point(|(held, _)| *held <= number);
        self.kept.get(at)
    }
}

/// One connection that carries the stream.
#[derive(Debug)]
pub(super) struct Reader {
    log: Arc<StreamLog>,
    /// Which of the stream's connections this is.
    serial: u64,
    at: u64,
    priming: bool,
    keep_alive: Duration,
}

impl Reader {
    fn new(
        log: Arc<StreamLog>,
        at: u64,
        behind: Behind,
        keep_alive: Duration,
        priming: bool,
    ) -> Self {
        let mut state = log.lock();
        state.reader += 1;
        state.reading += 1;
        state.read = at;
        state.drops = behind == Behind::IsDropped;
        let serial = state.reader;
        drop(state);
        // The connection before this one, if it still stands, learns that it is no longer the one.
        log.news.notify_waiters();
        Self {
            log,
            serial,
            at,
            priming,
            keep_alive,
        }
    }

    /// The stream as a response.
    pub(super) fn into_response(self) -> Response {
        let body = stream::unfold(self, |mut reader| async move {
            let next = reader.next().await;
            next.map(|bytes| (Ok::<_, Infallible>(bytes), reader))
        });
        let mut response = Response::new(Body::from_stream(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Proxies that collect an answer before they pass it on would hold back the progress.
        headers.insert(
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        );
        response
    }

    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.priming) {
            return Some(self.log.event(self.at, b""));
        }
        let quiet_until = Instant::now() + self.keep_alive;
        loop {
            let news = self.log.news.notified();
            tokio::pin!(news);
            // From here on nothing is missed, also not before it is first waited for.
            news.as_mut().enable();
            {
                let mut state = self.log.lock();
                if state.reader != self.serial {
                    return None;
                }
                if let Some((number, message)) = state.after(self.at).cloned() {
                    (self.at, state.read) = (number, number);
                    return Some(self.log.event(number, &message));
                }
                if state.ended.is_some() {
                    return None;
                }
            }
            tokio::select! {
                () = news => {}
                () = sleep_until(quiet_until) => return Some(sse_keep_alive()),
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.log.lock().reading -= 1;
        self.log.news.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Duration = Duration::from_hours(1);

    fn message(number: u64) -> Bytes {
        Bytes::from(format!("{{\"n\":{number}}}"))
    }

    async fn read(reader: &mut Reader) -> Option<String> {
        let bytes = reader.next().await?;
        Some(String::from_utf8(bytes.to_vec()).expect("UTF-8"))
    }

    #[tokio::test]
    async fn a_second_connection_goes_on_where_the_first_stopped() {
        let log = StreamLog::new(Some("t-1-".to_owned()));
        for number in 1..=3 {
            log.push(message(number));
        }
        let mut first = Reader::new(log.clone(), 0, Behind::Skips, QUIET, true);
        assert_eq!(
            read(&mut first).await.unwrap(),
            "id: t-1-0\nevent: message\ndata: \n\n"
        );
        assert!(read(&mut first).await.unwrap().starts_with("id: t-1-1\n"));
        assert!(log.is_read());
        let mut second = Reader::new(log.clone(), 1, Behind::Skips, QUIET, false);
        assert_eq!(
            read(&mut first).await,
            None,
            "there is one reader at a time"
        );
        drop(first);
        log.finish(message(4));
        log.push(message(5));
        for number in 2..=4 {
            let event = read(&mut second).await.unwrap();
            assert!(event.starts_with(&format!("id: t-1-{number}\n")), "{event}");
        }
        assert_eq!(read(&mut second).await, None);
        drop(second);
        log.left().await;
        assert!(!log.is_read() && log.ended().is_some());
    }

    #[tokio::test]
    async fn a_reader_that_stops_reading_costs_no_more_than_the_limit() {
        let log = StreamLog::new(None);
        let mut dropped = Reader::new(log.clone(), 0, Behind::IsDropped, QUIET, false);
        log.push(message(1));
        assert!(read(&mut dropped).await.is_some());
        for _ in 0..100_000 {
            log.push(Bytes::from(vec![b'x'; 5_000]));
        }
        assert!(log.bytes() <= BYTES);
        assert_eq!(read(&mut dropped).await, None);
        assert_eq!(log.bytes(), 0, "nothing is kept for it");
        drop(dropped);
        let log = StreamLog::new(None);
        let mut skips = Reader::new(log.clone(), 0, Behind::Skips, QUIET, false);
        log.finish(Bytes::from(vec![b'y'; 3 << 20]));
        let last = read(&mut skips).await.unwrap();
        assert!(last.contains("yyy"), "the result is kept, however large");
        assert_eq!(read(&mut skips).await, None);
    }

    #[tokio::test]
    async fn a_quiet_stream_has_comments_and_news_wakes_it() {
        let log = StreamLog::new(None);
        let mut reader = Reader::new(
            log.clone(),
            0,
            Behind::Skips,
            Duration::from_millis(1),
            false,
        );
        assert!(read(&mut reader).await.unwrap().starts_with(':'));
        reader.keep_alive = QUIET;
        let (event, ()) = tokio::join!(read(&mut reader), async { log.push(message(1)) });
        assert_eq!(event.unwrap(), "event: message\ndata: {\"n\":1}\n\n");
    }
}
