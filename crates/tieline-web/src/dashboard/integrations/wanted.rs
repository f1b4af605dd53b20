//! What of the list is asked for, as the page's address says it: search, filter, order, page, and what is ticked.

use std::cmp::Reverse;

use tieline_domain::Slug;
use tieline_hub::{ConnectorStatus, ConnectorView};

use super::status::rank;
use crate::dashboard::words::shown;

/// As many rows as one page has, and as many connectors as one action may be about.
pub(crate) const PER_PAGE: usize = 50;

/// What the rows are sorted by. Without a word of its own: what needs a look first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum By {
    #[default]
    Status,
    Name,
    Tools,
    Calls,
}

impl By {
    const ALL: [Self; 4] = [Self::Status, Self::Name, Self::Tools, Self::Calls];

    const fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Name => "name",
            Self::Tools => "tools",
            Self::Calls => "calls",
        }
    }
}

/// What the address of the list asks for. Words that mean nothing are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The search text as it was typed.
    pub(crate) typed: String,
    /// The same, to compare with.
    needle: String,
    /// `attention`, `off`, or empty for all.
    pub(crate) show: &'static str,
    /// The column.
    pub(crate) by: By,
    /// The other way round than the column's usual order.
    pub(crate) reversed: bool,
    /// Counted from 0.
    page: usize,
    /// The connectors that are ticked.
    pub(crate) picked: Vec<Slug>,
}

impl Wanted {
    /// Reads the query of an address.
    pub(crate) fn parse(query: &str) -> Self {
        let mut wanted = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "q" => wanted.typed = value.trim().chars().take(100).collect(),
                "show" if value == "attention" => wanted.show = "attention",
                "show" if value == "off" => wanted.show = "off",
                "sort" => {
                    let word = value.strip_prefix('-').unwrap_or(&value);
                    if let Some(by) = By::ALL.into_iter().find(|by| by.word() == word) {
                        (wanted.by, wanted.reversed) = (by, value.starts_with('-'));
                    }
                }
                "page" => wanted.page = value.parse().unwrap_or(1_usize).saturating_sub(1),
                "slug" if wanted.picked.len() < PER_PAGE => {
                    wanted.picked.extend(Slug::parse(&value).ok());
                }
                _ => {}
            }
        }
        wanted.needle = wanted.typed.to_lowercase();
        wanted
    }

    /// The query that asks for the same, without what is ticked.
    pub(crate) fn query(&self) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        if !self.typed.is_empty() {
            pairs.append_pair("q", &self.typed);
        }
        if !self.show.is_empty() {
            pairs.append_pair("show", self.show);
        }
        if !self.sort_word().is_empty() {
            pairs.append_pair("sort", &self.sort_word());
        }
        if self.page > 0 {
            pairs.append_pair("page", &(self.page + 1).to_string());
        }
        pairs.finish()
    }

    /// The address of the list that it asks for.
    pub(crate) fn address(&self) -> String {
        match self.query() {
            query if query.is_empty() => "/integrations".to_owned(),
            query => format!("/integrations?{query}"),
        }
    }

    /// The same with these connectors ticked.
    pub(crate) fn address_with_picked(&self) -> String {
        let mut address = self.address();
        for slug in &self.picked {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str("slug=");
            address.push_str(slug.as_str());
        }
        address
    }

    /// How the address says the order; empty for the usual one.
    pub(crate) fn sort_word(&self) -> String {
        match (self.by, self.reversed) {
            (By::Status, false) => String::new(),
            (by, false) => by.word().to_owned(),
            (by, true) => format!("-{}", by.word()),
        }
    }

    /// The first page under another filter.
    pub(crate) fn showing(&self, show: &'static str) -> Self {
        Self {
            show,
            page: 0,
            ..self.clone()
        }
    }

    /// The first page by a column; a second time the other way round.
    pub(crate) fn sorted_by(&self, by: By) -> Self {
        Self {
            by,
            reversed: self.by == by && !self.reversed,
            page: 0,
            ..self.clone()
        }
    }

    /// Another page of the same list.
    pub(crate) fn at(&self, page: usize) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// The same with other connectors ticked.
    pub(crate) fn with_picked(self, picked: Vec<Slug>) -> Self {
        Self { picked, ..self }
    }

    /// The page within a list of this length.
    pub(crate) fn page_of(&self, total: usize) -> usize {
        self.page.min(total.saturating_sub(1) / PER_PAGE)
    }

    /// Whether anything is left out at all.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.needle.is_empty() || !self.show.is_empty()
    }

    /// Why a connector is in the list: `None` when it is not, an empty text when name or key match.
    pub(crate) fn hit(&self, connector: &ConnectorView) -> Option<String> {
        let admitted = match self.show {
            "attention" => connector.needs_attention(),
            "off" => connector.status == ConnectorStatus::Off,
            _ => true,
        };
        admitted.then(|| self.found(connector)).flatten()
    }

    /// The same whatever the filter is, for a row that is on the page already.
    pub(crate) fn found(&self, connector: &ConnectorView) -> Option<String> {
        if self.needle.is_empty() {
            return Some(String::new());
        }
        let key = format!("mcp__{}", connector.slug);
        if self.names(&connector.name) || key.contains(&self.needle) {
            return Some(String::new());
        }
        let mut names = connector.tool_names.iter();
        let tool = names.find(|tool| self.names(tool))?;
        Some(format!("matches tool {}", shown(tool, 60)))
    }

    /// Whether a name holds what is searched for.
    pub(crate) fn names(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.needle)
    }

    /// Puts connectors into the order that is asked for; by name where nothing else decides.
    pub(crate) fn sort(&self, connectors: &mut [(&ConnectorView, String)]) {
        let name = |connector: &ConnectorView| connector.name.to_lowercase();
        match self.by {
            By::Status => connectors.sort_by_cached_key(|(found, _)| (rank(found), name(found))),
            By::Name => connectors.sort_by_cached_key(|(found, _)| name(found)),
            By::Tools => {
                connectors.sort_by_cached_key(|(found, _)| (Reverse(tools_on(found)), name(found)));
            }
            By::Calls => {
                connectors
                    .sort_by_cached_key(|(found, _)| (Reverse(found.calls_total()), name(found)));
            }
        }
        if self.reversed {
            connectors.reverse();
        }
    }
}

/// The tools that agents get.
pub(crate) fn tools_on(connector: &ConnectorView) -> usize {
    if connector.enabled {
        connector.tools_enabled
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::{By, Wanted};

    #[test]
    fn an_address_survives_being_read() {
        for query in [
            "",
            "q=a+b%26c&show=off&page=2",
            "sort=-calls",
            "q=%3Cb%3E&show=attention&sort=name&page=9",
        ] {
            assert_eq!(Wanted::parse(query).query(), query);
        }
        let odd = "show=x&sort=-x&page=x&page=-1&slug=A+b&done=removed&q=++";
        assert_eq!(Wanted::parse(odd), Wanted::default());
    }

    #[test]
    fn links_begin_at_the_first_page_and_a_second_click_turns_the_order_round() {
        let third = Wanted::parse("q=a&sort=calls&page=3");
        assert_eq!(third.showing("off").query(), "q=a&show=off&sort=calls");
        assert_eq!(third.sorted_by(By::Calls).query(), "q=a&sort=-calls");
        assert_eq!(third.sorted_by(By::Name).query(), "q=a&sort=name");
        assert_eq!(third.sorted_by(By::Status).query(), "q=a");
        assert_eq!(third.at(0).query(), "q=a&sort=calls");
        let picked = Wanted::parse("slug=acme&slug=docs");
        assert_eq!(picked.address(), "/integrations");
        assert_eq!(
            picked.address_with_picked(),
            "/integrations?slug=acme&slug=docs"
        );
    }

    #[test]
    fn pages_stay_within_the_list() {
        let of = |query, total| Wanted::parse(query).page_of(total);
        assert_eq!(
            (of("page=9", 120), of("page=x", 120), of("page=0", 0)),
            (2, 0, 0)
        );
    }
}
