//! The statements that add calls.
//!
//! A batch of any size is made of a few sizes of them, so that every statement has been prepared before. Their
//! parameters stand in the order of their values: SQLite would look numbers up, one after the other.

use std::sync::LazyLock;

/// How many rows of any kind a statement adds. While one is carried out, whoever answers calls on the same CPU waits: with
/// this many rows it is a tenth of a millisecond.
pub(super) const ROWS_AT_ONCE: [usize; 4] = [64, 16, 4, 1];
/// How many rows that are alike a statement adds. For fewer it is not worth a statement of their own.
pub(super) const ALIKE_AT_ONCE: [usize; 2] = [64, 16];

/// The values of a row that no other row shares, and those that others may share.
const OWN: usize = 6;
const SHARED: usize = 11;

const COLUMNS: &str = "INTO calls (user_id, key_id, session, connector_id, connector_slug, tool, outcome, code, client,
     http_status, own_address, request_id, id, at, ms, bytes_in, bytes_out)";
/// A statement of many rows that takes back its own rows when it fails has to note each page as it was before. A failed batch
/// is taken back whole, by its transaction. `OR ROLLBACK` would end that without the driver's knowing, which would then
/// begin no other one.
const SQLITE: &str = "INSERT OR FAIL";
const POSTGRES: &str = "INSERT";
const ALREADY_THERE: &str = "ON CONFLICT (id) DO NOTHING";

type Texts<const SIZES: usize> = LazyLock<[String; SIZES]>;

static ANY_SQLITE: Texts<4> =
    LazyLock::new(|| ROWS_AT_ONCE.map(|rows| any(SQLITE, rows, unnumbered)));
static ANY_POSTGRES: Texts<4> =
    LazyLock::new(|| ROWS_AT_ONCE.map(|rows| any(POSTGRES, rows, numbered)));
static ALIKE_SQLITE: Texts<2> =
    LazyLock::new(|| ALIKE_AT_ONCE.map(|rows| alike(SQLITE, rows, unnumbered)));
static ALIKE_POSTGRES: Texts<2> =
    LazyLock::new(|| ALIKE_AT_ONCE.map(|rows| alike(POSTGRES, rows, numbered)));

/// A statement with the place of its size among the sizes of its kind.
#[derive(Clone, Copy)]
pub(super) enum Statement {
    /// For rows that may differ in everything.
    Any(usize),
    /// For rows that share what they may share.
    Alike(usize),
}

impl Statement {
    pub(super) fn for_sqlite(self) -> &'static str {
        match self {
            Self::Any(size) => &ANY_SQLITE[size],
            Self::Alike(size) => &ALIKE_SQLITE[size],
        }
    }

    pub(super) fn for_postgres(self) -> &'static str {
        match self {
            Self::Any(size) => &ANY_POSTGRES[size],
            Self::Alike(size) => &ALIKE_POSTGRES[size],
        }
    }

    /// How many values it takes.
    pub(super) fn values(self) -> usize {
        match self {
            Self::Any(size) => ROWS_AT_ONCE[size] * (OWN + SHARED),
            Self::Alike(size) => ALIKE_AT_ONCE[size] * OWN + SHARED,
        }
    }

    /// Whether the shared values of the row at this place were given with the row before.
    pub(super) fn shares_from(self, row: usize) -> bool {
        matches!(self, Self::Alike(_)) && row > 0
    }
}

fn unnumbered(_: usize) -> String {
    "?".to_owned()
}

fn numbered(number: usize) -> String {
    format!("${number}")
}

fn any(insert: &str, rows: usize, parameter: impl Fn(usize) -> String) -> String {
    let row = |row: usize| parameters(row * (OWN + SHARED), OWN + SHARED, &parameter);
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "{insert} {COLUMNS} VALUES ({}) {ALREADY_THERE}",
        rows.join("),(")
    )
}

/// The shared values first, and then what each row has of its own. `WHERE TRUE` tells SQLite where the rows end: without
/// it, it would take `ON` for a part of them.
fn alike(insert: &str, rows: usize, parameter: impl Fn(usize) -> String) -> String {
    let shared = parameters(0, SHARED, &parameter);
    let row = |row: usize| parameters(SHARED + row * OWN, OWN, &parameter);
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "{insert} {COLUMNS} SELECT {shared}, column1, column2, column3, column4, column5, column6
         FROM (VALUES ({})) AS each WHERE TRUE {ALREADY_THERE}",
        rows.join("),(")
    )
}

fn parameters(before: usize, count: usize, parameter: impl Fn(usize) -> String) -> String {
    let parameters: Vec<String> = (1..=count).map(|at| parameter(before + at)).collect();
    parameters.join(",")
}
