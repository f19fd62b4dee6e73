"""Metrics: what can be said in numbers about predictions.

A *metric* is a named formula that turns counted rows into one number for one *slice* of the data: all of it, one
group of a sensitive attribute, an intersection of groups, or a comparison across all groups of an attribute. A
*measurement* is the value of one metric on one slice with its interval, or the reason why it has no value: where a
denominator is zero there is nothing to say, and nothing is what is said (never 0, never 1).

The catalogue lists every metric; the functions are pure: counts in, numbers out, no file, no clock, no database. Group
values come from fairlearn's own MetricFrame, given the counts as sample weights.
"""
