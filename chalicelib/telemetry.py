"""The one logger of the service (Powertools).

Events and ids are logged, never pictures, tokens, names or e-mails.
"""

from aws_lambda_powertools import Logger

logger = Logger(service="proctoring")
