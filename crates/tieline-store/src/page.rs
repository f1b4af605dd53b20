//! Shapes of answers that hold more than one row.

/// One page of a list, and where the next one starts.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows, newest first.
    pub rows: Vec<T>,
    /// What to pass as the cursor for the next page; none when this is the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were read with one more than `limit`, so that a last page is known to be the last.
    pub(crate) fn cut(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
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

impl<T> Loaded<T> {
    /// Checks rows of which some could not even be decoded. Those come as their ids.
    pub(crate) fn check<C>(found: Vec<Result<C, String>>, id: impl Fn(&C) -> &String) -> Self
    where
        T: TryFrom<C>,
    {
        let mut loaded = Self {
            rows: Vec::with_capacity(found.len()),
            broken: Vec::new(),
        };
        for columns in found {
            let id = columns
                .as_ref()
                .map_or_else(Clone::clone, |columns| id(columns).clone());
            match columns.map(T::try_from) {
                Ok(Ok(row)) => loaded.rows.push(row),
                Ok(Err(_)) | Err(_) => loaded.broken.push(id),
            }
        }
        loaded
    }

    /// The rows that could be read; the others only show in the log.
    pub(crate) fn readable(self, table: &'static str) -> Vec<T> {
        for id in self.broken {
            tracing::error!(table, id, "this row cannot be read, so it is left out");
        }
        self.rows
    }
}
