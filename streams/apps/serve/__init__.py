"""`tapedeck serve`: the manifests of `knative/` without a cluster."""
