"""`tapedeck generate`: the synthetic market, to Kafka, files or over HTTP."""
