"""The demonstration: a small bank, two versions of a credit score, and the whole way to a signed yes or no.

Everything happens through the REST API of a real server with a real worker beside it; only the organisation and its
people are made directly, as an operator would. The data come from a seeded generator.
"""
