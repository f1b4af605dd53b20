//! `POST /settings/data/backup`: a copy of the database, as a file to keep.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header;
use tokio::io::AsyncReadExt;

use crate::auth::Admin;
use crate::dashboard::page::go;
use crate::problem::Problem;
use crate::state::AppState;

const PIECE: usize = 64 * 1024;

/// The file. Taking it changes nothing, but it is recorded, so it is asked for with POST.
pub(crate) async fn download_backup(
    State(state): State<AppState>,
    admin: Admin,
) -> Result<Response, Problem> {
    let Some(backup) = state.hub.backup(&admin.actor()).await? else {
        return Ok(go("/settings/data"));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.sqlite3".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", backup.name),
        ),
        (header::CONTENT_LENGTH, backup.bytes.to_string()),
    ];
    let file = tokio::fs::File::from_std(backup.file);
    Ok((headers, Body::from_stream(pieces(file))).into_response())
}

fn pieces(file: tokio::fs::File) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(file, |mut file| async move {
        let mut piece = Vec::with_capacity(PIECE);
        let read = (&mut file)
            .take(PIECE as u64)
            .read_to_end(&mut piece)
            .await?;
        Ok((read > 0).then(|| (Bytes::from(piece), file)))
    })
}
