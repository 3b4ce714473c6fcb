"""The public WebSocket `/ws`: `infra/docs/websocket.md` is its protocol."""
