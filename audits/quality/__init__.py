"""Data quality: a snapshot profiled column by column, and the profile held against declared bars.

bars          what is asked of data: pure, and light enough for every process
columns       the registered columns as SQL: what is missing, what has the registered type
profile       what stands in the columns: counts, values, groups, duplicates, keys
associations  how much each feature tells of each sensitive column
verdicts      profile and bars to verdicts with a sentence each
outcome       one run from file to verdicts
"""
