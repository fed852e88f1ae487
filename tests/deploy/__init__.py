"""What is deployed beside the programs: dashboards, alert rules."""
