"""The town's front door, pure."""
