"""AWS on this machine: moto's server with our overrides. `python -m infra.local.moto_server --port N`."""

import argparse
import logging
import os
import warnings
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from infra.local import cognito, dynamodb, notifications, secret, user_pool
from infra.local.program import HOST

Application = Callable[[Any, Any], Any]
"""A WSGI application."""

LEFT_OUT = (
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::SNS::Subscription",
)
"""Resources of the template that moto's CloudFormation does not make, and does well not to: it enforces
bucket policies without their conditions, so that "refuse what comes without TLS" would refuse everything; and
alarms that nothing is measured for would ring for nobody."""
ADDED = (secret.Secret, user_pool.UserPool, user_pool.UserPoolClient, user_pool.UserPoolGroup)
"""Resources that it lacks; moto finds them among the subclasses of its model."""


def main(around: Callable[[Application], Application] = lambda served: served) -> None:
    """Serve until the process is ended. `around`: what stands between the clients and moto."""
    parser = argparse.ArgumentParser(prog="infra.local.moto_server")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Tried to parse", category=UserWarning)
    os.environ.setdefault("MOTO_PORT", str(port))
    cognito.install()
    dynamodb.install()
    notifications.install()
    served = around(DomainDispatcherApplication(create_backend_app))
    make_server(HOST, port, served, threaded=True, request_handler=MotoRequestHandler).serve_forever()


if __name__ == "__main__":
    main()
