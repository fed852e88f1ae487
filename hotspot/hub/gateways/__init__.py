"""What gateways ask the hub (``hotspot.wire``): who they are, their reports, what is new, their policy, what became of orders.

Reading order: ``auth`` (who asks) - ``limits`` (how often) - ``bodies`` (how much) - ``web`` (the endpoints) - ``enrolment`` - ``polls``
(requests that wait for news) - ``orders``. All of it believes nothing that a gateway says about who or whose it is: that is in the
database, by the credential.
"""
