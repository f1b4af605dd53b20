//! What a server asks while it works on a call reaches the caller of that call, and the reply reaches the server.

use std::time::Duration;

use serde_json::value::RawValue;
use tieline_mcp::wire::ClientCan;
use tieline_mcp::{Question, Questions, ReplyBody, Revision};
use tieline_testkit::{FakeMcp, FakeTool, eventually};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::support::{call, client, params, raw, request, target_with};

const FORM: &str =
    r#"{"message":"Who?","requestedSchema":{"type":"object","properties":{}},"x":1.0}"#;

fn everything() -> ClientCan {
    let all = raw(r#"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#);
    ClientCan::read(Revision::R20251125, &all)
}

fn questions(can: ClientCan, time: Duration) -> (Questions, mpsc::Receiver<Question>) {
    let (to, asked) = mpsc::channel(8);
    let until = Instant::now() + time;
    (Questions { can, to, until }, asked)
}

fn asking() -> FakeTool {
    FakeTool::echo("ask")
        .waiting_for(&[("elicitation/create", FORM), ("roots/list", "{}")])
        .waiting_for(&[("sampling/createMessage", r#"{"messages":[]}"#)])
}

fn texts(body: &ReplyBody) -> Vec<String> {
    let ReplyBody::Result(result) = body else {
        panic!("no result: {body:?}");
    };
    let result: serde_json::Value = serde_json::from_str(result.get()).expect("JSON");
    let blocks = result["content"].as_array().expect("blocks");
    blocks
        .iter()
        .map(|block| block["text"].as_str().expect("text").to_owned())
        .collect()
}

#[tokio::test]
async fn questions_on_the_stream_of_a_call_are_answered_by_its_caller() {
    for server in [
        FakeMcp::legacy()
            .with_sessions()
            .tool(asking())
            .start()
            .await,
        FakeMcp::http_sse().tool(asking()).start().await,
    ] {
        let target = target_with(&server.url(), "authorization", "secret");
        let connected = client()
            .connect_for(&target, None, everything())
            .await
            .unwrap();
        let (questions, mut asked) = questions(everything(), Duration::from_secs(30));
        let params = params("ask");
        let mut request = request("ask", &params);
        request.questions = Some(questions);
        let answering = async {
            let (form, roots) = (asked.recv().await.unwrap(), asked.recv().await.unwrap());
            assert_eq!(form.params.as_deref().map(RawValue::get), Some(FORM));
            // In another order than asked.
            roots.answer(Err(raw(r#"{"code":-32000,"message":"none"}"#)));
            form.answer(Ok(raw(r#"{"action":"accept","content":{"n":1.0}}"#)));
            drop(asked.recv().await.unwrap());
        };
        let (reply, ()) = tokio::join!(connected.upstream.call(&target, request), answering);
        let texts = texts(&reply.unwrap().body);
        assert_eq!(texts[0], r#"{"action":"accept","content":{"n":1.0}}"#);
        assert_eq!(texts[1], r#"{"code":-32000,"message":"none"}"#);
        assert!(texts[2].contains("-32603"), "{texts:?}");
        server.assert_every_request_has("authorization", "secret");
        let declared =
            server.requests_for("initialize")[0].json()["params"]["capabilities"].clone();
        assert_eq!(
            declared.to_string(),
            serde_json::json!({"roots": {}, "sampling": {}, "elicitation": {"form": {}, "url": {}}}).to_string()
        );
    }
}

#[tokio::test]
async fn what_nobody_can_answer_is_refused_at_once() {
    let tool = FakeTool::echo("ask").waiting_for(&[
        ("elicitation/create", FORM),
        ("ping", "{}"),
        ("x/y", "{}"),
    ]);
    let server = FakeMcp::legacy().with_sessions().tool(tool).start().await;
    let target = target_with(&server.url(), "authorization", "secret");
    let connected = client().connect(&target, None).await.unwrap();
    for can in [None, Some(ClientCan::NOTHING)] {
        let params = params("ask");
        let mut request = request("ask", &params);
        request.questions = can.map(|can| questions(can, Duration::from_secs(30)).0);
        let reply = connected.upstream.call(&target, request).await.unwrap();
        let texts = texts(&reply.body);
        assert!(
            texts[0].contains("-32601") && texts[2].contains("-32601"),
            "{texts:?}"
        );
        assert_eq!(texts[1], "{}");
    }
}

/// A person may think for longer than a server may work.
#[tokio::test]
async fn a_call_that_ends_with_an_open_question_tells_the_server_both() {
    for server in [
        FakeMcp::legacy()
            .with_sessions()
            .tool(asking())
            .start()
            .await,
        FakeMcp::http_sse().tool(asking()).start().await,
    ] {
        let target = target_with(&server.url(), "authorization", "secret");
        let connected = client()
            .connect_for(&target, None, everything())
            .await
            .unwrap();
        let (questions, mut asked) = questions(everything(), Duration::from_secs(30));
        let params = params("ask");
        let mut request = request("ask", &params);
        request.deadline = Instant::now() + Duration::from_millis(200);
        request.questions = Some(questions);
        let cancel = request.cancel.clone();
        let ending = async {
            let held = (asked.recv().await.unwrap(), asked.recv().await.unwrap());
            tokio::time::sleep_until(request_deadline()).await;
            cancel.cancel();
            held
        };
        let (reply, held) = tokio::join!(connected.upstream.call(&target, request), ending);
        assert_eq!(reply.unwrap_err().code(), "cancelled");
        eventually(|| server.count("notifications/cancelled") == 1).await;
        let refused = server
            .requests()
            .into_iter()
            .filter(|sent| sent.json()["error"]["code"] == -32603);
        assert_eq!(refused.count(), 2);
        drop(held);
        let _ = call(&connected.upstream, &target, "none").await;
    }
}

/// Later than the time that the server has for its own work.
fn request_deadline() -> Instant {
    Instant::now() + Duration::from_millis(400)
}
