"""What the page asks for once, over HTTP: `GET /data/...` beside the page, JSON unless it says CSV.

With a login (`TAPEDECK_PANEL_BASIC_AUTH`, OAuth) these need the page's cookie: 401 without. Errors
are problem details `{"type", "title", "status", "detail"}`: 400 (what was expected and was), 403 (a
foreign origin), 503 (PostgreSQL is away; the page shows what it has). Times are epoch ms UTC; null
is "not known". `symbol` is required where it is named; `interval` is one of the configured ones and
by default the signals'.

/data/watchlist
    {"version", "symbols": [..], "rows": [[id, last, change %, volume, rsi14, call], ..],
     "sparks": {..}}: one look at what the session sends as deltas (`panel_app.protocol`).
     `?sparks=A,B`

/data/symbol?symbol=&interval=
    {"symbol", "interval", "last", "change", "volume", "rsi", "call", "open", "previous",
     "start", "final", "values": {"sma20": .., every study and the stream's values},
     "rules": {"rsi": "UP", ..}|null,
     "prediction": as of a CHANGE|null, "signals": [alert, ..] the newest 20 of the symbol}

/data/context?symbol=&limit=20          from PostgreSQL
    {"order_book": [{"time", "order_type", "price", "quantity"}], "news": [{"time",
     "sentiment_score", "sentiment_magnitude"}], "fundamentals": [{"time", "market_cap",
     "pe_ratio"}], "economy": [{"time", "indicator_name", "value"}]}: the newest of each first

/data/bars?symbol=&interval=&before=START_MS&limit=500&studies=sma20,rsi14     from PostgreSQL
    {"bars": [[start, open, high, low, close, volume, vwap, trades, ema38, ema100], ..] oldest
     first, "studies": {"names", "rows": [[value, ..], ..]}, "markers": [..], "more": true}:
     panning left. `before` is the start of the oldest bar the page has. Studies are warm: bars
     before the page were read for them.

/data/bars.csv?symbol=&interval=&from=&to=
    symbol,interval,start_ms,end_ms,open,high,low,close,volume,vwap,trades,ema38,ema100,final
    `from` and `to` are starts, both optional; older than memory from PostgreSQL where it is up

/data/alerts?kind=&side=&severity=&symbol=&before=TIME_MS&limit=100
    {"alerts": [{alert.., "notifications": [{"channel", "status", "attempts", "delivered",
     "error"}]}], "more", "source": "postgresql"|"memory"}: newest first; without PostgreSQL the
     newest 2,000 without notifications

/data/performance?symbol=                from PostgreSQL; nothing here is advice, and the answer
    says so
    {"advice": "..", "summaries": [{"symbol", "day", "interval", "bars", "open", "high", "low",
     "last", "change", "change_percent", "volume", "vwap", "volatility", "trades", "signals"}],
     "scorecards": [{"symbol", "rule", "interval", "horizon", "warm", "signals", "hits",
     "hit_rate", "low", "high", "mean_return", "base_rate", "base_mean_return"}]}: with a symbol,
     its days; without, the newest day of every symbol and the cards of all symbols together (`*`)

/data/equity?symbol=&interval=&kind=breakout&cost_bps=0&short=1&limit=5000
    {"advice", "symbol", "interval", "kind", "cost_bps", "points": [[start, equity, drawdown,
     hold], ..], "trades", "won", "total_return", "hold_return", "worst_drawdown", "exposed",
     "source"}: see `streams.domain.equity`

/data/system
    {"stages": [{"name": "ticks|bars|indicators|signals|..", "messages": total, "per_second"}],
     "ticks_per_second" (that reached a bar, as the bars count them) , "groups": [{"group",
     "topic", "lag"}], "latency_ms": {"bars": {"p50", "p99", "count"}|null, "indicators",
     "signals", "session"}: from a tick's sending to here, over the last minute,
     "dead_letters": total, "functions": {"available", "pending", "dead", "services": [{"name",
     "state", "instances", "requests"}]}, "feed": {..}, "postgresql": {"up", "why"},
     "sessions", "clients" (of /ws), "kafka": null or why it did not answer, "taken": when}
    A session's part `system` is the same. It is looked up every 3 s while somebody looks.

/data/replay
    {"replay": {"run", "files", "speed", "paused", "clock", "first", "last", "lap"}|null}: the
    paced replay that runs on this machine. `POST {"speed": 120, "paused": false}` (either) sets
    it: 200 with the wish as `wanted`, 409 when none runs, 400 for what it cannot be. The state
    follows within half a second. A session's part `replay` is the inner object.
"""
