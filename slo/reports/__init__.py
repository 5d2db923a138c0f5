"""Reports: each module turns a run and its verdict into one text."""
