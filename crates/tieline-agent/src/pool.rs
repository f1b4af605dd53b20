//! Places for running turns: a bounded number, given out in turn to the people who wait, first come first served within
//! one person.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_domain::UserId;
use tokio::sync::oneshot;

/// The places of this process.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    free: usize,
    max_waiting: usize,
    waiting: usize,
    next_ticket: u64,
    /// People who wait, the next one first.
    order: VecDeque<UserId>,
    queues: HashMap<UserId, VecDeque<(u64, oneshot::Sender<Slot>)>>,
}

/// A place. Dropping it gives it to the next who waits.
#[derive(Debug)]
pub(crate) struct Slot {
    pool: Option<Pool>,
}

/// A number in the queue. Dropping it leaves the queue.
#[derive(Debug)]
pub(crate) struct Ticket {
    pool: Pool,
    user: UserId,
    number: u64,
    granted: oneshot::Receiver<Slot>,
}

impl Pool {
    pub(crate) fn new(places: usize, max_waiting: usize) -> Self {
        let inner = Inner {
            free: places.max(1),
            max_waiting,
            waiting: 0,
            next_ticket: 0,
            order: VecDeque::new(),
            queues: HashMap::new(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place if one is free and nobody waits.
    pub(crate) fn try_enter(&self) -> Option<Slot> {
        let mut inner = self.lock();
        if inner.free == 0 {
            return None;
        }
        inner.free -= 1;
        Some(self.slot())
    }

    /// Whether one more may wait.
    pub(crate) fn has_room(&self) -> bool {
        let inner = self.lock();
        inner.waiting < inner.max_waiting
    }

    /// A number in the queue, served at once when a place is free.
    pub(crate) fn queue(&self, user: UserId) -> Ticket {
        let (grant, granted) = oneshot::channel();
        let mut inner = self.lock();
        inner.next_ticket += 1;
        let number = inner.next_ticket;
        if inner.free > 0 {
            inner.free -= 1;
            // The receiver is right here, so this cannot fail.
            let _ = grant.send(self.slot());
        } else {
            inner.waiting += 1;
            let queue = inner.queues.entry(user).or_default();
            queue.push_back((number, grant));
            if queue.len() == 1 {
                inner.order.push_back(user);
            }
        }
        drop(inner);
        Ticket {
            pool: self.clone(),
            user,
            number,
            granted,
        }
    }

    fn slot(&self) -> Slot {
        Slot {
            pool: Some(self.clone()),
        }
    }

    /// Gives a place that became free to whoever is next.
    fn give_back(&self) {
        loop {
            let mut inner = self.lock();
            let Some(grant) = inner.take_next() else {
                inner.free += 1;
                return;
            };
            drop(inner);
            match grant.send(self.slot()) {
                Ok(()) => return,
                // Whoever waited has gone; the place goes on without coming back here once more.
                Err(mut slot) => slot.pool = None,
            }
        }
    }
}

impl Inner {
    fn take_next(&mut self) -> Option<oneshot::Sender<Slot>> {
        let user = self.order.pop_front()?;
        let queue = self.queues.get_mut(&user)?;
        let (_, grant) = queue.pop_front()?;
        if queue.is_empty() {
            self.queues.remove(&user);
        } else {
            self.order.push_back(user);
        }
        self.waiting -= 1;
        Some(grant)
    }

    fn leave(&mut self, user: UserId, number: u64) {
        let Some(queue) = self.queues.get_mut(&user) else {
            return;
        };
        let before = queue.len();
        queue.retain(|(ticket, _)| *ticket != number);
        self.waiting -= before - queue.len();
        if queue.is_empty() {
            self.queues.remove(&user);
            self.order.retain(|waiting| *waiting != user);
        }
    }

    /// In the order in which places are given out: each person's first, then each person's second, and so on.
    fn place(&self, user: UserId, number: u64) -> Option<usize> {
        let position = |queue: &VecDeque<(u64, _)>| queue.iter().position(|(t, _)| *t == number);
        let round = position(self.queues.get(&user)?)?;
        let at = self.order.iter().position(|waiting| *waiting == user)?;
        let before: usize = self
            .order
            .iter()
            .enumerate()
            .filter_map(|(index, waiting)| {
                let length = self.queues.get(waiting)?.len();
                // Those before us in the order are served once more than those after us.
                Some(length.min(if index < at { round + 1 } else { round }))
            })
            .sum();
        Some(before + 1)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.give_back();
        }
    }
}

impl Ticket {
    /// Waits for the place.
    pub(crate) async fn granted(&mut self) -> Option<Slot> {
        (&mut self.granted).await.ok()
    }

    /// The place in the queue, 1 being the next; none when it was served.
    pub(crate) fn place(&self) -> Option<u32> {
        let place = self.pool.lock().place(self.user, self.number)?;
        Some(u32::try_from(place).unwrap_or(u32::MAX))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.pool.lock().leave(self.user, self.number);
        // A place that was given in this very moment goes on to the next.
        self.granted.close();
        drop(self.granted.try_recv());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(count: u64) -> Vec<UserId> {
        let clock = tieline_testkit::FixedClock::default();
        let entropy = tieline_testkit::SeededEntropy::new(7);
        (0..count)
            .map(|_| UserId::generate(&clock, &entropy))
            .collect()
    }

    async fn take(ticket: &mut Ticket) -> Slot {
        ticket.granted().await.expect("a place")
    }

    #[tokio::test]
    async fn places_go_round_the_people_who_wait() {
        let pool = Pool::new(1, 10);
        let people = people(2);
        let running = pool.try_enter().expect("a place");
        assert!(pool.try_enter().is_none());
        let mut busy: Vec<Ticket> = (0..3).map(|_| pool.queue(people[0])).collect();
        let mut other = pool.queue(people[1]);
        let places: Vec<_> = busy.iter().map(Ticket::place).collect();
        assert_eq!(places, [Some(1), Some(3), Some(4)]);
        assert_eq!(other.place(), Some(2));

        drop(running);
        let first = take(&mut busy[0]).await;
        assert_eq!((busy[0].place(), other.place()), (None, Some(1)));
        drop(first);
        let second = take(&mut other).await;
        assert_eq!(busy[1].place(), Some(1));
        drop(second);
        drop(take(&mut busy[1]).await);
        drop(take(&mut busy[2]).await);
        assert!(pool.try_enter().is_some());
    }

    #[tokio::test]
    async fn who_leaves_the_queue_costs_nobody_a_place() {
        let pool = Pool::new(1, 2);
        let people = people(2);
        let running = pool.try_enter().expect("a place");
        let leaves = pool.queue(people[0]);
        let mut stays = pool.queue(people[1]);
        assert!(!pool.has_room());
        drop(leaves);
        assert!(pool.has_room());
        assert_eq!(stays.place(), Some(1));
        drop(running);
        let slot = take(&mut stays).await;
        drop(slot);
        // Served, but gone before it looked.
        let running = pool.try_enter().expect("a place");
        let leaves = pool.queue(people[0]);
        drop(running);
        assert!(pool.try_enter().is_none());
        drop(leaves);
        assert!(pool.try_enter().is_some());
    }
}
