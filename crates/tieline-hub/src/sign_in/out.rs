//! Signs out: the cookie stops working everywhere at once.

use tieline_domain::RandomCode;
use tieline_store::StoreError;

use crate::Hub;

impl Hub {
    /// Ends the sign-in that this cookie stands for. An unknown cookie is no error.
    pub async fn sign_out(&self, cookie: &str) -> Result<(), StoreError> {
        match RandomCode::parse(cookie) {
            Ok(code) => self.inner.store.sign_in_delete(&code.hash()).await,
            Err(_) => Ok(()),
        }
    }
}
