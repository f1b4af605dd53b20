//! Sealing a model API's key, and opening it for the one turn in hand.

use tieline_domain::{AccessToken, ModelId, ModelKind, ModelUrl};
use tieline_secrets::{Binding, Sealed};
use tieline_store::ModelKeyPatch;

use crate::Hub;

/// Where a key may be used: this row, this kind's header, this origin. Anything else does not open it.
#[derive(Debug)]
pub(super) struct KeyPlace {
    row: String,
    header: &'static str,
    origin: String,
}

impl KeyPlace {
    pub(super) fn of(id: ModelId, kind: ModelKind, url: &ModelUrl) -> Self {
        Self {
            row: id.to_string(),
            header: match kind {
                ModelKind::Anthropic => "x-api-key",
                ModelKind::OpenAi => "authorization",
            },
            origin: url.origin().to_string(),
        }
    }

    fn binding(&self) -> Binding<'_> {
        Binding {
            table: "models",
            row: &self.row,
            field: "key",
            header: self.header,
            origin: &self.origin,
        }
    }
}

impl Hub {
    /// The key as it is stored: sealed for its place, with what an admin recognises it by. `None` is no key.
    pub(super) fn model_key(&self, place: &KeyPlace, key: Option<&AccessToken>) -> ModelKeyPatch {
        let sealed = key.map(|key| {
            let ring = &self.inner.keyring;
            let sealed = ring.seal(self.entropy(), &place.binding(), key.expose());
            sealed.as_bytes().to_vec()
        });
        ModelKeyPatch {
            sealed,
            key_hint: key.and_then(|key| key.hint().tail),
            key_set_at: key.map(|_| self.clock().now()),
        }
    }

    /// Opens a key in its place; `None` when it was sealed for another one or is damaged.
    pub(super) fn open_model_key(&self, place: &KeyPlace, sealed: &Sealed) -> Option<AccessToken> {
        let text = self.inner.keyring.open(&place.binding(), sealed).ok()?;
        AccessToken::parse(&text).ok().flatten()
    }
}
