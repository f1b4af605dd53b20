//! What only PostgreSQL does.

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
