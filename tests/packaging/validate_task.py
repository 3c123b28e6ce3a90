"""Validates a task definition of ECS as the AWS client does before it sends it: FILE.

Run by the interpreter that has botocore. Prints what is wrong.
"""

import json
import sys

import botocore.session
from botocore.validate import ParamValidator

service = botocore.session.Session().get_service_model("ecs")
shape = service.operation_model("RegisterTaskDefinition").input_shape
with open(sys.argv[1], encoding="utf-8") as file:
    report = ParamValidator().validate(json.load(file), shape)
print(report.generate_report(), end="")
sys.exit(report.has_errors())
