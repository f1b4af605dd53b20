//! Shapes of answers that hold more than one row.

/// One page of a list, and where the next one starts.
#[derive(Clone, Debug)]
pub struct Page<T, C> {
    /// The rows, newest first.
    pub rows: Vec<T>,
    /// What to pass as the cursor for the next page; none when this is the last.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Makes a page of rows that were read with one more than `limit`, so that a last page is known to be the last.
    pub(crate) fn cut(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> C) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { rows, next }
    }
}

/// All rows of a table that could be read, and the ids of those that could not.
///
/// A damaged row takes itself out of service and nothing else.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The rows that could be read.
    pub rows: Vec<T>,
    /// The ids of rows that could not.
    pub broken: Vec<String>,
}
