"""What the service offers, operation by operation, in words for the OpenAPI document."""

from service.web.operations.advice import ADVICE
from service.web.operations.reading import READING

OPERATIONS = (*ADVICE, *READING)
