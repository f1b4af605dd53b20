//! Finds tools by words, for sessions whose definitions would cost too much.
//!
//! BM25 over weighted fields: a tool's name says more than its description, and that more than what its parameters are
//! called. Words are split at the borders of identifiers, reduced to their stems, and a few everyday words stand for
//! the ones that servers use.

mod words;

use std::collections::HashMap;

use tieline_hub::{Catalog, CatalogTool};

use crate::frozen::schema_of;
use words::{stems, synonyms};

/// How quickly another occurrence of a word stops counting, and how much a long text costs. The usual values.
const K1: f32 = 1.2;
const B: f32 = 0.6;

const NAME: f32 = 4.0;
const TITLE: f32 = 2.5;
const CONNECTOR: f32 = 2.0;
const DESCRIPTION: f32 = 1.2;
const PARAMETER: f32 = 0.5;
const PARAMETER_TEXT: f32 = 0.25;
/// What a word counts that only means the same.
const SYNONYM: f32 = 0.55;
/// The opening of a description says what a tool does; the rest is detail.
const DESCRIPTION_CHARS: usize = 1_500;

/// An index over the tools of one catalogue, by their place in it.
#[derive(Debug)]
pub(crate) struct Index {
    /// For each stem the tools that have it, with its weighted count.
    postings: HashMap<String, Vec<(u32, f32)>>,
    lengths: Vec<f32>,
    average: f32,
}

impl Index {
    pub(crate) fn build(catalog: &Catalog) -> Self {
        let mut postings: HashMap<String, Vec<(u32, f32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(catalog.tool_count());
        let names = catalog
            .connectors()
            .iter()
            .flat_map(|connector| connector.tools.iter().map(|_| connector.name.as_str()));
        for (tool, connector) in catalog.tools().zip(names) {
            let number = u32::try_from(lengths.len()).unwrap_or(u32::MAX);
            let counts = counts(tool, connector);
            lengths.push(counts.values().sum());
            for (stem, count) in counts {
                postings.entry(stem).or_default().push((number, count));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of tools is small")]
        let average = lengths.iter().sum::<f32>() / lengths.len().max(1) as f32;
        Self {
            postings,
            lengths,
            average: average.max(1.0),
        }
    }

    /// The places of the tools that fit best, the best first.
    pub(crate) fn search(&self, query: &str, limit: usize) -> Vec<usize> {
        let mut scores: HashMap<u32, f32> = HashMap::new();
        for (stem, weight) in wanted(query) {
            let Some(postings) = self.postings.get(&stem) else {
                continue;
            };
            let rarity = self.rarity(postings.len());
            for &(number, count) in postings {
                let length = self.lengths[number as usize] / self.average;
                let part = count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length));
                *scores.entry(number).or_default() += weight * rarity * part;
            }
        }
        let mut found: Vec<(u32, f32)> = scores.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        found
            .into_iter()
            .map(|(number, _)| number as usize)
            .collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of tools is small")]
    fn rarity(&self, having: usize) -> f32 {
        let (all, having) = (self.lengths.len() as f32, having as f32);
        ((all - having + 0.5) / (having + 0.5)).ln_1p()
    }
}

/// The stems of a query, each with its weight. A word and what stands for it count once, as the heavier of both.
fn wanted(query: &str) -> HashMap<String, f32> {
    let mut wanted: HashMap<String, f32> = HashMap::new();
    for stem in stems(query) {
        for other in synonyms(&stem) {
            let weight = wanted.entry(other).or_default();
            *weight = weight.max(SYNONYM);
        }
        wanted.insert(stem, 1.0);
    }
    wanted
}

fn counts(tool: &CatalogTool, connector: &str) -> HashMap<String, f32> {
    let mut counts = HashMap::new();
    let mut add = |text: &str, weight: f32| {
        for stem in stems(text) {
            *counts.entry(stem).or_default() += weight;
        }
    };
    add(&tool.name, NAME);
    add(tool.title.as_deref().unwrap_or_default(), TITLE);
    add(connector, CONNECTOR);
    if !connector.eq_ignore_ascii_case(tool.slug.as_str()) {
        add(tool.slug.as_str(), CONNECTOR / 2.0);
    }
    let description = tool.description.as_deref().unwrap_or_default();
    add(head(description, DESCRIPTION_CHARS), DESCRIPTION);
    let schema: Option<serde_json::Value> = serde_json::from_str(schema_of(tool).get()).ok();
    let properties = schema.as_ref().and_then(|schema| schema.get("properties"));
    for (name, property) in properties.and_then(|p| p.as_object()).into_iter().flatten() {
        add(name, PARAMETER);
        let text = property.get("description").and_then(|text| text.as_str());
        add(head(text.unwrap_or_default(), 300), PARAMETER_TEXT);
    }
    counts
}

/// The beginning of a text, cut between characters.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
