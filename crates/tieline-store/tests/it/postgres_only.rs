//! What only PostgreSQL does.

use tieline_store::{DatabaseUrl, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::bed::runtime;

/// The message in which a client asks for TLS: its length, and a number that no version of the protocol has.
const TLS_WANTED: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// With what each handshake of TLS begins.
const HANDSHAKE: u8 = 0x16;

/// It needs no PostgreSQL: whether TLS was compiled in shows before the first word is said in its protocol.
#[test]
fn what_has_to_be_encrypted_begins_with_tls() {
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let text = format!("postgres://ann:secret@127.0.0.1:{port}/tieline?sslmode=require");
        let url = DatabaseUrl::parse(&text).unwrap();
        let server = async {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut wanted = [0; 8];
            client.read_exact(&mut wanted).await.unwrap();
            client.write_all(b"S").await.unwrap();
            (wanted, client.read_u8().await.unwrap())
        };
        let (said, opened) = tokio::join!(server, Store::open(&url));
        assert_eq!(said, (TLS_WANTED, HANDSHAKE));
        assert!(opened.is_err());
    });
}

mod postgres {
    use std::time::Duration;

    use tieline_store::Store;
    use tokio::time::timeout;

    use crate::bed::{Bed, on_postgres};
    use crate::samples::added_connector;

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_change_nudges_the_other_replicas() {
        on_postgres(|bed| Box::pin(nudges(bed)));
    }

    async fn nudges(bed: &Bed) {
        let other = Store::open(&bed.url).await.unwrap();
        // The first nudge only says that listening began.
        timeout(LONG, other.wait_for_nudge()).await.unwrap();
        let before = other.config_version().await.unwrap();
        added_connector(&bed.store, "acme_mcp").await;
        timeout(LONG, other.wait_for_nudge()).await.unwrap();
        assert_eq!(other.config_version().await.unwrap(), before + 1);
        other.close().await;
    }

    #[test]
    fn a_lost_connection_of_the_listener_is_replaced() {
        on_postgres(|bed| Box::pin(reconnects(bed)));
    }

    async fn reconnects(bed: &Bed) {
        let other = Store::open(&bed.url).await.unwrap();
        timeout(LONG, other.wait_for_nudge()).await.unwrap();
        bed.tamper(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .await;
        // Something could have been missed, which is worth a look.
        timeout(LONG, other.wait_for_nudge()).await.unwrap();
        let before = other.config_version().await.unwrap();
        added_connector(&bed.store, "acme_mcp").await;
        timeout(LONG, async {
            while other.config_version().await.unwrap() == before {
                other.wait_for_nudge().await;
            }
        })
        .await
        .unwrap();
        other.close().await;
    }

    #[test]
    fn any_number_of_servers_may_share_it() {
        on_postgres(|bed| {
            Box::pin(async {
                let _first = bed.store.lock_for_server().await.unwrap();
                let _second = bed.store.lock_for_server().await.unwrap();
            })
        });
    }
}
