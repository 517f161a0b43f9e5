"""The commands of `nightjar`, one file each; `dagster_project.cli` puts them together."""
