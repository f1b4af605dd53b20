//! A content block that is passed on while it comes, and what is known of it.

use super::key_of;
use crate::raw::{Step, Walk};

/// How much of an image's or sound's data tells its type.
const SNIFFED: usize = 32;

/// What is known of a content block that is passed on while it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: Option<BlockKind>,
    pub(super) has_media_type: bool,
    /// It was taken for one that embeds a resource.
    pub(super) embeds: bool,
    pub(super) data: [u8; SNIFFED],
    pub(super) data_length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Link,
    Resource,
    Image,
    Audio,
    Other,
}

impl Block {
    /// Of this kind, if that is known already.
    pub(super) fn new(kind: Option<BlockKind>) -> Self {
        Self {
            kind,
            has_media_type: false,
            embeds: false,
            data: [0; SNIFFED],
            data_length: 0,
        }
    }

    pub(super) fn sniff(&mut self, bytes: &[u8]) {
        let room = &mut self.data[self.data_length..];
        let length = room.len().min(bytes.len());
        room[..length].copy_from_slice(&bytes[..length]);
        self.data_length += length;
    }

    pub(super) fn media(&self) -> Option<&'static str> {
        match self.kind? {
            BlockKind::Image => Some("image"),
            BlockKind::Audio => Some("audio"),
            _ => None,
        }
    }
}

impl BlockKind {
    pub(super) fn of(name: Option<&str>) -> Self {
        match name {
            Some("resource_link") => Self::Link,
            Some("resource") => Self::Resource,
            Some("image") => Self::Image,
            Some("audio") => Self::Audio,
            _ => Self::Other,
        }
    }
}

/// The type of a block, if the beginning of its text says it.
pub(super) fn type_within(begun: &[u8]) -> Option<BlockKind> {
    let (mut walk, mut at, mut key_at) = (Walk::new(usize::MAX), 0, 0);
    let mut value = None;
    loop {
        match walk.step(begun, &mut at).ok()? {
            Step::More => return None,
            Step::Key if walk.depth() == 1 => key_at = at,
            Step::Begin(b'"') if walk.depth() == 1 => {
                value = (key_of(&begun[key_at..]).ok()? == "type").then_some(at);
            }
            Step::Begin(_) if walk.depth() == 1 => value = None,
            Step::End if walk.depth() == 1 => {
                if let Some(from) = value {
                    let name: String = serde_json::from_slice(&begun[from..at]).ok()?;
                    return Some(BlockKind::of(Some(&name)));
                }
            }
            _ => {}
        }
    }
}
