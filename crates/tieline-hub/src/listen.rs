//! Hears what servers say on their own: that a list changed, that a resource has other contents.
//!
//! One listener per connector, whoever follows how much. The credential is opened for each stream and gone with it. A
//! stream ends as soon as the connector is removed, turned off, moved, or given another credential.

mod calm;
mod ears;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tieline_mcp::{Ended, Era, McpError, News, Upstream, Wish};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::Hub;
use crate::breaker::jittered;
use crate::credential::target_of;
use crate::dispatch::counts_against_server;
use crate::news::HubNews;
use crate::scrub::Scrubber;
use crate::snapshot::LiveConnector;
use calm::Calm;
pub use ears::Following;
pub(crate) use ears::Listeners;
use ears::{Asked, Ear};

/// How long to wait before a stream that broke is opened again; twice as long each time that it did not last.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AGAIN_AT_MOST: Duration = Duration::from_mins(1);
/// A stream that stood for so long was no failure.
const LASTED: Duration = Duration::from_secs(10);
/// How long a stream with other wishes may take to stand before the one before it is given up.
const HANDOVER: Duration = Duration::from_secs(10);
/// How much a server may have said that was not looked at yet.
const UNREAD: usize = 64;
/// How much of a log message goes into ours.
const LOG_EXCERPT: usize = 500;

type Running = Pin<Box<dyn Future<Output = Result<Ended, McpError>> + Send>>;
type Asking = Pin<Box<dyn Future<Output = Asked> + Send>>;

/// One open stream of news.
struct Stream {
    running: Running,
    news: mpsc::Receiver<News>,
    /// The addresses that it was opened with.
    uris: BTreeSet<Arc<str>>,
    begun: Instant,
    /// Whether the server has taken it.
    stands: bool,
}

/// Why a stream is no longer listened to.
enum Stop {
    /// The connector is gone or changed, or the server stops.
    ForGood,
    /// It ended or broke after this time.
    After(Result<Ended, McpError>, Duration),
}

/// Listens to one connector.
struct Listener {
    hub: Hub,
    live: Arc<LiveConnector>,
    upstream: Upstream,
    ear: Arc<Ear>,
    calm: Calm,
}

impl Hub {
    /// Listens to this connector in the background, unless that is done already or the server promised no news; then
    /// the client is closed.
    pub(crate) fn listen_for_changes(&self, live: &Arc<LiveConnector>, upstream: Upstream) {
        let (hub, live) = (self.clone(), live.clone());
        let ear = self.inner.listeners.of(live.id);
        let promises = upstream.promises();
        ear.note_promises(promises);
        let follow = promises.any() && ear.begin(&live);
        tokio::spawn(async move {
            if follow {
                let mut listener = Listener {
                    hub: hub.clone(),
                    live: live.clone(),
                    upstream: upstream.clone(),
                    ear: ear.clone(),
                    calm: Calm::default(),
                };
                listener.run().await;
                ear.end();
            }
            hub.close_upstream(&live, &upstream).await;
        });
    }

    async fn until_changed(&self, live: &LiveConnector) {
        let mut versions = self.subscribe();
        while self.is_current(live) {
            if versions.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether the connector still has the address and the credential that it had, and is reached under
    /// the same rules.
    fn is_current(&self, live: &LiveConnector) -> bool {
        self.snapshot().connector(live.id).is_some_and(|now| {
            now.enabled
                && now.credential_version == live.credential_version
                && now.url.as_str() == live.url.as_str()
                && Arc::ptr_eq(&now.network, &live.network)
        })
    }
}

impl Listener {
    /// Listens until there is a reason to stop; a stream that broke is opened again.
    async fn run(&mut self) {
        let mut wait = AGAIN_AFTER;
        loop {
            let (ended, stood) = match self.listen().await {
                Stop::ForGood => return,
                Stop::After(ended, stood) => (ended, stood),
            };
            match &ended {
                Ok(_) => {}
                Err(error) if counts_against_server(error) => {}
                // The server has no such stream, or does not let us: the next regular check may find otherwise.
                Err(error) => {
                    tracing::debug!(connector = %self.live.slug, code = error.code(), "the server offers no stream of news");
                    self.ear.note_deaf(&self.live);
                    return;
                }
            }
            wait = if stood >= LASTED {
                AGAIN_AFTER
            } else {
                (wait * 2).min(AGAIN_AT_MOST)
            };
            let pause = jittered(wait, self.hub.entropy());
            tokio::select! {
                () = self.live.ended.cancelled() => return,
                () = self.hub.inner.stopping.cancelled() => return,
                () = self.hub.until_changed(&self.live) => return,
                () = tokio::time::sleep(pause) => {}
            }
            // What was announced while nobody listened is in the list.
            self.announce();
        }
    }

    /// Listens over one stream after the other until one ends or breaks.
    async fn listen(&mut self) -> Stop {
        let mut followed = self.ear.followed.subscribe();
        let Some(mut now) = self.open() else {
            return Stop::ForGood;
        };
        let mut next: Option<Stream> = None;
        let mut asking: Option<Asking> = None;
        let (hub, live) = (self.hub.clone(), self.live.clone());
        let gone = hub.until_changed(&live);
        tokio::pin!(gone);
        loop {
            tokio::select! {
                () = live.ended.cancelled() => return Stop::ForGood,
                () = hub.inner.stopping.cancelled() => return Stop::ForGood,
                () = &mut gone => return Stop::ForGood,
                ended = &mut now.running => {
                    while let Ok(news) = now.news.try_recv() {
                        self.take(&news);
                    }
                    return Stop::After(ended, now.begun.elapsed());
                }
                Some(news) = now.news.recv() => {
                    if matches!(news, News::Listening) {
                        now.stands = true;
                        asking = self.agreed(&now.uris);
                    }
                    self.take(&news);
                }
                () = self.calm.due() => {
                    if self.calm.is_due(Instant::now()) {
                        hub.inner.refresh.request(live.id);
                    }
                }
                stands = handover(&mut next), if next.is_some() => match next.take() {
                    // Only now is the one before it closed, so that nothing is missed in between.
                    Some(stream) if stands => {
                        now = Stream { stands: true, ..stream };
                        self.agreed(&now.uris);
                        followed.mark_changed();
                    }
                    // Perhaps the server allows one stream only.
                    _ => return Stop::After(Ok(Ended::Over), now.begun.elapsed()),
                },
                answers = answered(&mut asking), if asking.is_some() => {
                    asking = None;
                    self.ear.asked.send_replace(answers);
                    followed.mark_changed();
                }
                Ok(()) = followed.changed(), if next.is_none() && asking.is_none() => {
                    let wanted = self.ear.wanted();
                    if self.upstream.wire().era() == Era::Legacy {
                        // Before that nothing is asked: all of it is once the stream stands, and twice is once too often.
                        if now.stands {
                            asking = self.ask_for(wanted);
                        }
                    } else if wanted != now.uris {
                        next = self.open();
                    }
                }
            }
        }
    }

    /// Opens a stream; the credential is open for it only.
    fn open(&self) -> Option<Stream> {
        let credential = self.hub.open_credential(&self.live).ok()?;
        let target = target_of(
            &self.live.address,
            &self.live.auth_header,
            credential.expose(),
        );
        drop(credential);
        let promises = self.upstream.promises();
        let uris = self.ear.wanted();
        let wish = Wish {
            tools: promises.tools_changed,
            prompts: promises.prompts_changed,
            resources: promises.resources_changed,
            uris: uris.iter().map(ToString::to_string).collect(),
            questions: false,
        };
        let (tell, news) = mpsc::channel(UNREAD);
        let upstream = self.upstream.clone();
        let running = async move { upstream.listen(&target, &wish, &tell).await };
        Some(Stream {
            running: Box::pin(running),
            news,
            uris,
            begun: Instant::now(),
            stands: false,
        })
    }

    /// A stream stands. A modern one was opened with its addresses; a legacy server has to be asked for each, again
    /// after every break, because its session may be a new one.
    fn agreed(&self, uris: &BTreeSet<Arc<str>>) -> Option<Asking> {
        if self.upstream.wire().era() == Era::Legacy {
            self.ear.asked.send_replace(Asked::new());
            return self.ask_for(self.ear.wanted());
        }
        let agreed = uris.iter().map(|uri| (uri.clone(), true)).collect();
        self.ear.asked.send_replace(agreed);
        None
    }

    /// Asks a legacy server for what is wanted and was not asked yet, and to stop what is wanted no more. One that was
    /// refused is asked again only over a new stream.
    fn ask_for(&self, wanted: BTreeSet<Arc<str>>) -> Option<Asking> {
        let mut asked = self.ear.asked.borrow().clone();
        if asked.keys().eq(wanted.iter()) {
            return None;
        }
        let credential = self.hub.open_credential(&self.live).ok()?;
        let target = target_of(
            &self.live.address,
            &self.live.auth_header,
            credential.expose(),
        );
        drop(credential);
        let upstream = self.upstream.clone();
        Some(Box::pin(async move {
            let gone: Vec<_> = asked
                .extract_if(.., |uri, _| !wanted.contains(uri))
                .collect();
            for (uri, _) in gone.into_iter().filter(|(_, agreed)| *agreed) {
                // Whether it was heard or not: nobody takes those updates any more.
                let _ = upstream.subscribe(&target, &uri, false).await;
            }
            for uri in wanted {
                if asked.contains_key(&uri) {
                    continue;
                }
                let agreed = upstream.subscribe(&target, &uri, true).await;
                asked.insert(uri, agreed.is_ok());
            }
            asked
        }))
    }

    fn take(&mut self, news: &News) {
        match news {
            News::ToolsChanged | News::PromptsChanged | News::ResourcesChanged => self.announce(),
            News::ResourceUpdated { uri } if self.ear.is_followed(uri) => {
                self.hub.inner.news.tell(HubNews::ResourceUpdated {
                    connector: self.live.id,
                    uri: uri.as_str().into(),
                });
            }
            News::Listening | News::ResourceUpdated { .. } | News::Progress(_) | News::Asked(_) => {
            }
            News::Log(message) => self.note_log(message.get()),
        }
    }

    /// A list changed, it is said. What became of it shows when it was read.
    fn announce(&mut self) {
        if self.calm.heard(Instant::now()) {
            self.hub.inner.refresh.request(self.live.id);
        }
    }

    /// A log message that belongs to no call, and so to no client.
    fn note_log(&self, message: &str) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let Ok(credential) = self.hub.open_credential(&self.live) else {
            return;
        };
        let scrubber = Scrubber::new(credential.expose());
        let clean = scrubber.text(message);
        let excerpt: String = clean.chars().take(LOG_EXCERPT).collect();
        tracing::debug!(connector = %self.live.slug, said = %excerpt.escape_debug(), "a server logged something");
    }
}

/// Whether the next stream stands; `false` when it came to nothing. What it says after that stays unread until then.
async fn handover(next: &mut Option<Stream>) -> bool {
    let Some(stream) = next else {
        return std::future::pending().await;
    };
    let until = stream.begun + HANDOVER;
    loop {
        tokio::select! {
            news = stream.news.recv() => match news {
                Some(News::Listening) => return true,
                Some(_) => {}
                None => return false,
            },
            _ = &mut stream.running => return false,
            () = tokio::time::sleep_until(until) => return false,
        }
    }
}

async fn answered(asking: &mut Option<Asking>) -> Asked {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}
