"""Converse, the format that Amazon Bedrock gives all its models: called, not served.

Owns: requests, answers, and streams in AWS's binary framing.
Does not own: signing requests (providers/sigv4.py).
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""
