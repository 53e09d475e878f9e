"""What boto3 raises when AWS cannot be used, as one message that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from converter import diagnostics as d
from converter.diagnostics import Code, Dag2SfnError, Diagnostic

_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
    boto.SSOError,
    boto.TokenRetrievalError,
)
_UNREACHABLE = (boto.ConnectionError, boto.HTTPClientError)

#: Error codes of AWS services (AWS documentation, "Common errors").
_NOT_ALLOWED = frozenset(
    {
        "403",  # HeadBucket: its answer has no body to say more
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    }
)
_THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_CREDENTIALS_REFUSED = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


@contextmanager
def aws_troubles_explained(otherwise: Code = d.AWS_UNUSABLE) -> Iterator[None]:
    """Turn every error of boto3 into a Dag2SfnError: D403, or ``otherwise`` for a refused request."""
    try:
        yield
    except (boto.BotoCoreError, boto.ClientError, ResponseParserError) as error:
        raise Dag2SfnError(_diagnostic(error, otherwise)) from error


def error_code(error: boto.ClientError) -> str:
    """Return the code of a service's error, such as ``ValidationError``."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_message(error: boto.ClientError) -> str:
    """Return the message of a service's error."""
    return str(error.response.get("Error", {}).get("Message", "")) or str(error)


def _diagnostic(error: Exception, otherwise: Code) -> Diagnostic:
    if isinstance(error, boto.ClientError):
        return _refusal(error, otherwise)
    if isinstance(error, boto.NoRegionError):
        return Diagnostic(d.AWS_UNUSABLE, "no AWS region is set", "give --region or set AWS_DEFAULT_REGION")
    if isinstance(error, _NO_CREDENTIALS):
        return Diagnostic(
            d.AWS_UNUSABLE,
            f"no usable AWS credentials: {_sentence(error)}",
            "log in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if isinstance(error, ResponseParserError):
        return Diagnostic(
            d.AWS_UNUSABLE,
            "the endpoint does not answer as AWS does",
            "check AWS_ENDPOINT_URL, and try again",
        )
    if isinstance(error, _UNREACHABLE):
        return Diagnostic(
            d.AWS_UNUSABLE,
            f"AWS cannot be reached: {_sentence(error)}",
            "check the network and AWS_ENDPOINT_URL (`dag2sfn local start` must be running if it is local)",
        )
    return Diagnostic(d.AWS_UNUSABLE, f"AWS cannot be used: {_sentence(error)}")


def _refusal(error: boto.ClientError, otherwise: Code) -> Diagnostic:
    code, request = error_code(error), f"{error.operation_name}: {error_message(error)}"
    if code in _NOT_ALLOWED:
        return Diagnostic(
            d.AWS_UNUSABLE, f"AWS does not allow {request}", "use credentials that are allowed to do this"
        )
    if code in _CREDENTIALS_REFUSED:
        return Diagnostic(d.AWS_UNUSABLE, f"AWS refuses the credentials: {request}", "log in again")
    if code in _THROTTLED:
        return Diagnostic(
            d.AWS_UNUSABLE, f"AWS is asked too often, {request}", "try again in a while, and less at once"
        )
    return Diagnostic(otherwise, f"AWS refuses {request}")


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")  # some have a line for each thing that is wrong
