"""What is measured: quantities and units, indicators, histograms, tallies, arrivals, percentile intervals.

It knows neither runs nor objectives.
"""
