"""The rules of policy: merging, origins, differences, stages, locks."""
