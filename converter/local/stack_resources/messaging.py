"""AWS::SNS: topics, subscriptions, and the policies of topics."""

from __future__ import annotations

import json
from typing import Any

from converter.local.stack_resources.resource_type import Aws, Made, Properties, ResourceType, tags_of

_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId")


class Topic(ResourceType):
    """A topic; its Ref is its ARN."""

    type_name = "AWS::SNS::Topic"
    attributes = ("TopicArn", "TopicName")
    name_property = "TopicName"
    replaced_with = ("TopicName", "FifoTopic")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the topic."""
        arn = aws("sns").create_topic(
            Name=name,
            Attributes={"FifoTopic": "true"} if properties.get("FifoTopic") else {},
            Tags=[{"Key": key, "Value": value} for key, value in tags_of(properties).items()],
        )["TopicArn"]
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Set the topic's attributes and subscriptions."""
        topics = aws("sns")
        for name in _ATTRIBUTES:
            if old.get(name) != new.get(name):
                topics.set_topic_attributes(
                    TopicArn=made.id, AttributeName=name, AttributeValue=new.get(name, "")
                )
        wanted = _subscriptions(new)
        for subscription in _existing(topics, made.id):
            if (subscription["Protocol"], subscription["Endpoint"]) in _subscriptions(old) - wanted:
                topics.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        for protocol, endpoint in sorted(wanted - _subscriptions(old)):
            topics.subscribe(TopicArn=made.id, Protocol=protocol, Endpoint=endpoint)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the topic with its subscriptions."""
        topics = aws("sns")
        for subscription in _existing(topics, made.id):
            topics.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        topics.delete_topic(TopicArn=made.id)


def _subscriptions(properties: Properties) -> set[tuple[str, str]]:
    return {(each["Protocol"], each["Endpoint"]) for each in properties.get("Subscription", [])}


def _existing(topics: Any, arn: str) -> list[dict[str, str]]:
    pages = topics.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    return [subscription for page in pages for subscription in page["Subscriptions"]]


class Subscription(ResourceType):
    """A subscription of a topic; its Ref is its ARN."""

    type_name = "AWS::SNS::Subscription"
    required = ("Protocol", "TopicArn")
    replaced_with = ("Protocol", "TopicArn", "Endpoint")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Subscribe."""
        subscribed = aws("sns").subscribe(
            TopicArn=properties["TopicArn"],
            Protocol=properties["Protocol"],
            Endpoint=properties["Endpoint"],
            ReturnSubscriptionArn=True,
        )
        return Made(subscribed["SubscriptionArn"])

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Unsubscribe."""
        aws("sns").unsubscribe(SubscriptionArn=made.id)


class TopicPolicy(ResourceType):
    """The policy of topics."""

    type_name = "AWS::SNS::TopicPolicy"
    required = ("PolicyDocument", "Topics")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Nothing yet: :meth:`settle` sets it."""
        return Made(name)

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Set the policy of the topics."""
        for topic in new["Topics"]:
            aws("sns").set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(new["PolicyDocument"])
            )

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Leave the topics as they are: they go back to no default in AWS either."""
