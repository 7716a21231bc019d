//! The gateway: identifies, acknowledges, numbers, resumes and forgets as Discord does.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::protocol::{CloseFrame, Message as Frame, frame::coding::CloseCode},
};

use super::{
    api::DiscordApi,
    world::{BOT, TOKEN},
};

/// Intents that need Discord's consent: members, presences, message content.
const PRIVILEGED: u64 = 1 << 1 | 1 << 8 | 1 << 15;

/// What goes out over a connection.
#[derive(Debug)]
pub(super) enum Out {
    Say(Value),
    Close(u16),
    /// It falls without a word.
    Fall,
}

/// A session, which outlives its connections.
#[derive(Debug)]
struct Session {
    id: String,
    number: u64,
    said: Vec<(u64, Value)>,
}

#[derive(Debug, Default)]
pub(super) struct Gateway {
    pub(super) port: u16,
    session: Option<Session>,
    connection: Option<UnboundedSender<Out>>,
    pub(super) identifies: usize,
    pub(super) resumes: usize,
    /// How often a heartbeat is asked for, in milliseconds.
    pub(super) heartbeat: u64,
    pub(super) heartbeats: usize,
}

impl Gateway {
    /// Says an event to whoever is connected, or once they resume; lost where there is no session.
    pub(super) fn dispatch(&mut self, name: &str, data: &Value) -> bool {
        let Some(session) = &mut self.session else { return false };
        session.number += 1;
        let event = json!({"op": 0, "t": name, "s": session.number, "d": data});
        session.said.push((session.number, event.clone()));
        if let Some(connection) = &self.connection {
            let _ = connection.send(Out::Say(event));
        }
        true
    }

    pub(super) fn out(&mut self, out: Out) {
        if let Some(connection) = &self.connection {
            let _ = connection.send(out);
        }
    }

    pub(super) fn forget(&mut self) {
        self.session = None;
    }

    fn identify(&mut self, said: &Value, connection: &UnboundedSender<Out>) {
        self.identifies += 1;
        let data = &said["d"];
        let token = data["token"].as_str().unwrap_or_default().trim_start_matches("Bot ");
        if token != TOKEN {
            let _ = connection.send(Out::Close(4004));
            return;
        }
        if data["intents"].as_u64().unwrap_or_default() & PRIVILEGED != 0 {
            let _ = connection.send(Out::Close(4014));
            return;
        }
        let id = format!("session{}", self.identifies);
        self.session = Some(Session { id: id.clone(), number: 0, said: Vec::new() });
        self.connection = Some(connection.clone());
        let ready = json!({
            "v": 10,
            "user": {"id": BOT.to_string(), "username": "밥상", "discriminator": "0", "global_name": null, "avatar": null,
                "bot": true, "verified": true, "mfa_enabled": false, "flags": 0},
            "guilds": [],
            "session_id": id,
            "resume_gateway_url": format!("ws://127.0.0.1:{}", self.port),
            "application": {"id": BOT.to_string(), "flags": 0},
            "shard": data["shard"].clone(),
        });
        self.dispatch("READY", &ready);
    }

    fn resume(&mut self, said: &Value, connection: &UnboundedSender<Out>) {
        let data = &said["d"];
        let known = self.session.as_ref().filter(|session| data["session_id"] == session.id.as_str());
        let Some(session) = known else {
            let _ = connection.send(Out::Say(json!({"op": 9, "d": false})));
            return;
        };
        self.resumes += 1;
        let heard = data["seq"].as_u64().unwrap_or_default();
        for (_, event) in session.said.iter().filter(|(number, _)| *number > heard) {
            let _ = connection.send(Out::Say(event.clone()));
        }
        self.connection = Some(connection.clone());
        self.dispatch("RESUMED", &json!({}));
    }
}

/// Takes connections; a new one may open before the old one is closed.
pub(super) async fn serve(api: DiscordApi, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let api = api.clone();
        tokio::spawn(async move {
            if let Ok(socket) = accept_async(stream).await {
                connected(api, socket).await;
            }
        });
    }
}

async fn connected(api: DiscordApi, mut socket: WebSocketStream<TcpStream>) {
    let (sender, mut out): (UnboundedSender<Out>, UnboundedReceiver<Out>) = unbounded_channel();
    let heartbeat = api.world().gateway.heartbeat;
    let hello = json!({"op": 10, "d": {"heartbeat_interval": heartbeat, "_trace": []}});
    if socket.send(Frame::Text(hello.to_string())).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            said = socket.next() => match said {
                Some(Ok(Frame::Text(text))) => heard(&api, &text, &sender),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            Some(out) = out.recv() => match out {
                Out::Say(value) => {
                    if socket.send(Frame::Text(value.to_string())).await.is_err() {
                        break;
                    }
                }
                Out::Close(code) => {
                    let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
                    let _ = socket.close(Some(frame)).await;
                }
                Out::Fall => return,
            },
        }
    }
}

fn heard(api: &DiscordApi, text: &str, sender: &UnboundedSender<Out>) {
    let said: Value = serde_json::from_str(text).expect("the client says JSON");
    let mut world = api.world();
    match said["op"].as_u64() {
        Some(1) => {
            world.gateway.heartbeats += 1;
            let _ = sender.send(Out::Say(json!({"op": 11, "d": null})));
        }
        Some(2) => world.gateway.identify(&said, sender),
        Some(6) => world.gateway.resume(&said, sender),
        _ => world.refused.push(format!("gateway: {text}")),
    }
    drop(world);
    api.changed();
}
