using System.Text;
using System.Text.Json;
using Nex.Testing.FirecrackerStandin.Http;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>Answers requests.</summary>
/// <param name="end">Called where this process cannot go on, once the caller has been told.</param>
internal sealed class ApiServer(Instance instance, Action end)
{
    internal async Task<HttpResponse> HandleAsync(HttpRequest request)
    {
        string body = request.Body is { } bytes && request.Path != "/mmds" ? $" with body \"{Encoding.UTF8.GetString(bytes)}\"" : "";
        instance.Log.Info($"The API server received a {request.Method} request on \"{request.Path}\"{body}.");
        try
        {
            Operation operation = Routes.Find(request.Method, request.Path, request.Body);
            CheckPhase(operation.Phase);
            byte[]? answer = await operation.RunAsync(instance).ConfigureAwait(false);
            instance.Log.Info($"The request was executed successfully. Status code: {(answer is null ? "204 No Content" : "200 OK")}.");
            return answer is null ? HttpResponse.NoContent : new HttpResponse(200, answer);
        }
        catch (ApiFaultException fault)
        {
            instance.Log.Error($"Received Error. Status code: {fault.Status}. Message: {fault.Message}");
            byte[] answer = JsonSerializer.SerializeToUtf8Bytes(new Fault { FaultMessage = fault.Message }, ApiJson.Default.Fault);
            return new HttpResponse(fault.Status, answer) { AfterSent = fault.IsFatal ? end : null };
        }
        catch (Exception failure)
        {
            // A defect of this program. It would otherwise be seen as a connection that ends without an answer.
            await Console.Error.WriteLineAsync($"firecracker-standin: {request.Method} {request.Path}: {failure}").ConfigureAwait(false);
            end();
            throw;
        }
    }

    private void CheckPhase(Phase phase)
    {
        if (phase == Phase.BeforeBoot && instance.Vm.IsBooted)
        {
            throw Faults.AfterBoot();
        }

        if (phase == Phase.AfterBoot && !instance.Vm.IsBooted)
        {
            throw Faults.BeforeBoot();
        }
    }
}
