"""What learns and decides: pure functions over frames and arrays. Imports none of dagster, duckdb, mlflow or dbt."""
