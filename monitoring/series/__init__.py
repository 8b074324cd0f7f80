"""Values over time: one Parquet file for each polling cycle, put together by the hour, asked with DuckDB."""
