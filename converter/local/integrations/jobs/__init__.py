"""Jobs of services that moto does not run: one model, and one module per service that says how it shows them.

Nothing runs. A job takes the time and ends the way that its own arguments say (``told``); its state follows
from the clock (``model``). The API calls that start, show, list and stop jobs are answered here, for every
client (``services``); ``kinds`` is what the modules of the services are written in.
"""
