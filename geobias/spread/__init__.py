"""The work of an audit in partitions, each with all that its neighbourhoods reach."""
