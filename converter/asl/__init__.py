"""Plan → Machine: the definition in Amazon States Language, in JSONata mode.

``machine`` puts it together, ``block`` writes one block of states, ``tasks`` the state of a task,
``awaiting`` a poller loop, ``records`` the JSONata of the outcomes, ``names`` the state names; ``budget``
holds the result against the limits of Step Functions. Nothing here knows Airflow or boto3.
"""
