//! Which worker serves a connection: the one that has the fewest, whichever of them accepted it.
//!
//! The operating system wakes whom it likes. A client that opens sixteen connections would often have twelve of them served
//! by one thread while the other rests.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// A worker's part of all connections, and the way to the others'.
pub(super) struct Share {
    own: usize,
    /// How many connections each worker has.
    open: Arc<[AtomicUsize]>,
    /// They hold no more than the open files of the process allow, and only until their worker looks.
    ways: Vec<UnboundedSender<Handed>>,
    handed: UnboundedReceiver<Handed>,
}

/// A connection between two runtimes.
type Handed = (io::Result<std::net::TcpStream>, SocketAddr, Place);

/// A connection to serve. It counts as its worker's until this value is dropped.
pub(super) struct Taken {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) place: Place,
}

/// One connection in the count of its worker.
pub(super) struct Place {
    open: Arc<[AtomicUsize]>,
    worker: usize,
}

impl Share {
    /// One share for each worker.
    pub(super) fn among(workers: usize) -> Vec<Self> {
        let open: Arc<[AtomicUsize]> = (0..workers).map(|_| AtomicUsize::new(0)).collect();
        let (ways, ends): (Vec<_>, Vec<_>) =
            (0..workers).map(|_| mpsc::unbounded_channel()).unzip();
        let share = |(own, handed)| Self {
            own,
            open: open.clone(),
            ways: ways.clone(),
            handed,
        };
        ends.into_iter().enumerate().map(share).collect()
    }

    /// The connection back, when this worker is to serve it; another one has got it otherwise.
    pub(super) fn take_or_hand_over(&self, stream: TcpStream, peer: SocketAddr) -> Option<Taken> {
        let place = Place::with_the_fewest(&self.open, self.own);
        if place.worker == self.own {
            return Some(Taken {
                stream,
                peer,
                place,
            });
        }
        let way = self.ways.get(place.worker)?;
        let kept = way.send((stream.into_std(), peer, place)).err();
        // A worker that has ended leaves its connections to the others.
        kept.and_then(|kept| arrived(kept.0))
    }

    /// The next connection that another worker accepted for this one.
    pub(super) async fn handed_over(&mut self) -> Taken {
        loop {
            // This worker holds a way to itself, so there is always another one to wait for.
            let Some(handed) = self.handed.recv().await else {
                return std::future::pending().await;
            };
            if let Some(taken) = arrived(handed) {
                return taken;
            }
        }
    }
}

/// The connection on the runtime of the worker that asks.
fn arrived((stream, peer, place): Handed) -> Option<Taken> {
    match stream.and_then(TcpStream::from_std) {
        Ok(stream) => Some(Taken {
            stream,
            peer,
            place,
        }),
        Err(error) => {
            tracing::debug!(%error, "a connection could not be handed over");
            None
        }
    }
}

impl Place {
    /// With the worker that has the fewest connections; with `own`, when no other has fewer.
    fn with_the_fewest(open: &Arc<[AtomicUsize]>, own: usize) -> Self {
        let count = |worker: &usize| open[*worker].load(Ordering::Relaxed);
        let fewest = (0..open.len()).min_by_key(|worker| (count(worker), *worker != own));
        let worker = fewest.unwrap_or(own);
        open[worker].fetch_add(1, Ordering::Relaxed);
        Self {
            open: open.clone(),
            worker,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open[self.worker].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpSocket;

    use super::*;

    async fn connect(address: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.connect(address).await.expect("a connection")
    }

    #[tokio::test]
    async fn every_worker_serves_as_many_whoever_accepts() {
        let mut shares = Share::among(2);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut clients = Vec::new();
        let mut own = Vec::new();
        for _ in 0..6 {
            clients.push(connect(address).await);
            let (stream, peer) = listener.accept().await.expect("a connection");
            own.extend(shares[0].take_or_hand_over(stream, peer));
        }
        assert_eq!(own.len(), 3);
        let mut handed = Vec::new();
        for client in [1, 3, 5] {
            let taken = shares[1].handed_over().await;
            let expected = clients[client].local_addr().expect("an address");
            assert_eq!(taken.peer, expected);
            assert_eq!(taken.stream.peer_addr().expect("still open"), expected);
            handed.push(taken);
        }

        // Two of the other worker's have ended: the next two are for it.
        handed.truncate(1);
        for there in [false, false, true] {
            let _client = connect(address).await;
            let (stream, peer) = listener.accept().await.expect("a connection");
            let taken = shares[0].take_or_hand_over(stream, peer);
            assert_eq!(taken.is_some(), there);
            own.extend(taken);
        }

        // The other worker has ended: nobody's connection is lost for it.
        drop((handed, shares.pop()));
        for _ in 0..6 {
            let _client = connect(address).await;
            let (stream, peer) = listener.accept().await.expect("a connection");
            let taken = shares[0].take_or_hand_over(stream, peer);
            own.push(taken.expect("a connection to serve"));
        }
    }
}
