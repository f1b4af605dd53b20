//! Tables that every call looks into.

use std::collections::HashMap;

/// A table whose keys are ids of our own making, or names that nobody can try out on it by the million: it takes a fraction
/// of the time of the standard one, which withstands whoever picks keys that collide. The seed is another in each process.
pub type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
