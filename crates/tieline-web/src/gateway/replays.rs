//! The streams of one legacy session, so that a broken one can be resumed.
//!
//! An event's id names the session's own tag, the stream and the message. Whoever shows the id of another session's
//! event finds nothing here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::stream_log::StreamLog;

/// How long the rest of a stream is kept after its end.
const KEEP: Duration = Duration::from_mins(1);
/// How many streams that ended are kept at most.
const ENDED: usize = 16;
/// How many bytes of them.
const ENDED_BYTES: usize = 4 << 20;
/// How many standalone streams a session may have at once.
const STANDALONE: usize = 4;

/// The streams that may be resumed.
#[derive(Debug)]
pub(super) struct Replays {
    /// Random, so that two sessions never have the same ids.
    tag: Box<str>,
    streams: Mutex<Streams>,
}

#[derive(Debug, Default)]
struct Streams {
    last: u64,
    calls: VecDeque<Arc<StreamLog>>,
    /// Those that belong to no call; the newest is the one that is spoken on.
    standalone: VecDeque<Arc<StreamLog>>,
}

impl Replays {
    pub(super) fn new(tag: String) -> Self {
        Self {
            tag: tag.into(),
            streams: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new stream for the answer to a call.
    pub(super) fn open(&self) -> Arc<StreamLog> {
        let mut streams = self.lock();
        streams.forget_ended(Instant::now());
        let log = streams.new_log(&self.tag);
        streams.calls.push_back(log.clone());
        log
    }

    /// Forgets a stream that was never one: its answer came in one piece.
    pub(super) fn forget(&self, log: &Arc<StreamLog>) {
        self.lock().calls.retain(|held| !Arc::ptr_eq(held, log));
    }

    /// A new standalone stream. Beyond the limit the oldest ends.
    pub(super) fn open_standalone(&self) -> Arc<StreamLog> {
        let mut streams = self.lock();
        let log = streams.new_log(&self.tag);
        streams.standalone.push_back(log.clone());
        if streams.standalone.len() > STANDALONE
            && let Some(oldest) = streams.standalone.pop_front()
        {
            oldest.end();
        }
        log
    }

    /// Says something that belongs to no call: on one stream only, and that a connection carries if there is one. What
    /// is said while none does is kept for the one that resumes.
    pub(super) fn announce(&self, message: Bytes) {
        let streams = self.lock();
        let newest = streams.standalone.iter().rev();
        let read = newest.clone().find(|log| log.is_read());
        if let Some(log) = read.or_else(|| streams.standalone.back()) {
            log.push(message);
        }
    }

    /// The stream and the message that an event id names.
    pub(super) fn find(&self, event_id: &str, now: Instant) -> Option<(Arc<StreamLog>, u64)> {
        let (prefix, number) = event_id.split_at(event_id.rfind('-')? + 1);
        let number = number.parse().ok()?;
        let streams = self.lock();
        let mut all = streams.calls.iter().chain(&streams.standalone);
        let log = all.find(|log| log.prefix() == Some(prefix))?;
        let is_kept = log
            .ended()
            .is_none_or(|ended| now.saturating_duration_since(ended) < KEEP);
        is_kept.then(|| (log.clone(), number))
    }

    /// Whether a connection carries a standalone stream at the moment.
    pub(super) fn is_listened_to(&self) -> bool {
        self.lock().standalone.iter().any(|log| log.is_read())
    }

    /// Forgets what was kept long enough.
    pub(super) fn forget_ended(&self, now: Instant) {
        self.lock().forget_ended(now);
    }

    /// Ends every standalone stream.
    pub(super) fn end(&self) {
        let mut streams = self.lock();
        for log in streams.standalone.drain(..) {
            log.end();
        }
    }
}

impl Streams {
    fn new_log(&mut self, tag: &str) -> Arc<StreamLog> {
        self.last += 1;
        StreamLog::new(Some(format!("{tag}-{}-", self.last)))
    }

    /// Keeps the newest of those that ended, as many as there is room for.
    fn forget_ended(&mut self, now: Instant) {
        let (mut count, mut bytes) = (0, 0);
        let mut kept = VecDeque::with_capacity(self.calls.len());
        for log in self.calls.drain(..).rev() {
            let stays = match log.ended() {
                None => true,
                Some(ended) => {
                    count += 1;
                    bytes += log.bytes();
                    now.saturating_duration_since(ended) < KEEP
                        && count <= ENDED
                        && bytes <= ENDED_BYTES
                }
            };
            if stays {
                kept.push_front(log);
            }
        }
        self.calls = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_stream_is_kept_for_a_minute_and_only_for_its_session() {
        let (ada, bob) = (Replays::new("a".into()), Replays::new("b".into()));
        let log = ada.open();
        log.finish(Bytes::from_static(b"{}"));
        bob.open().finish(Bytes::from_static(b"{}"));
        let now = Instant::now();
        let (found, number) = ada.find("a-1-0", now).expect("it is there");
        assert!(Arc::ptr_eq(&found, &log) && number == 0);
        for odd in ["b-1-0", "a-2-0", "a-1-", "a-1", "", "-", "a-1-x"] {
            assert!(ada.find(odd, now).is_none(), "{odd}");
        }
        assert!(ada.find("a-1-0", now + KEEP * 2).is_none());
    }

    #[test]
    fn what_is_kept_after_the_end_is_bounded() {
        let replays = Replays::new("a".into());
        let running = replays.open();
        for _ in 0..100 {
            replays.open().finish(Bytes::from(vec![b'x'; 1 << 19]));
        }
        replays.forget_ended(Instant::now());
        let streams = replays.lock();
        assert!(streams.calls.iter().map(|log| log.bytes()).sum::<usize>() <= ENDED_BYTES);
        assert!(streams.calls.iter().any(|log| Arc::ptr_eq(log, &running)));
    }

    #[tokio::test]
    async fn news_goes_to_one_stream_that_is_read() {
        let replays = Replays::new("a".into());
        replays.announce(Bytes::from_static(b"nobody"));
        let first = replays.open_standalone();
        let _carried = first.response(0, super::super::stream_log::Behind::IsDropped, KEEP, false);
        let second = replays.open_standalone();
        replays.announce(Bytes::from_static(b"one"));
        assert_eq!((first.bytes(), second.bytes()), (3, 0));
        for _ in 0..STANDALONE {
            replays.open_standalone();
        }
        assert!(first.ended().is_some(), "the oldest gave way");
    }
}
